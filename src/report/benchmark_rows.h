#pragma once

#include <optional>
#include <string>
#include <vector>

#include "touchstone/report/benchmark_report.h"
#include "touchstone/report/published_figures.h"

namespace touchstone {

/// A column of figures: ours and, where there is one, what was published.
struct BenchmarkColumn {
  const char* name;   ///< in JSON and CSV
  const char* title;  ///< for people
  Metric BenchmarkFigures::*ours;
  double PublishedFigures::*published;  ///< nullptr: nothing was published
  bool is_by_threshold = false;         ///< tables leave it out where no row has it
};
inline constexpr BenchmarkColumn kBenchmarkColumns[] = {
    {"image_rocauc_map_max", "image map max", &BenchmarkFigures::image_map_max, nullptr},
    {"image_rocauc_retrieval", "image retrieval", &BenchmarkFigures::image_retrieval,
     &PublishedFigures::image_rocauc},
    {"pixel_rocauc", "pixel ROCAUC", &BenchmarkFigures::pixel, &PublishedFigures::pixel_rocauc},
    {"au_pro", "PRO 0.3", &BenchmarkFigures::au_pro, &PublishedFigures::au_pro},
    {"false_alarms", "false alarms", &BenchmarkFigures::false_alarms, nullptr, true},
    {"found", "found", &BenchmarkFigures::found, nullptr, true}};

/// One figure beside the published one; shares in [0, 1].
struct ComparedFigure {
  Metric ours;
  std::optional<double> published;
  /// ours - published, where both are there.
  std::optional<double> difference() const {
    if (!ours.value || !published) return std::nullopt;
    return *ours.value - *published;
  }
};

/// A row of every table.
struct ComparedRow {
  std::string name;                     ///< category, or "mean"
  std::string setting;                  ///< as in BenchmarkRow
  const BenchmarkRow* row = nullptr;    ///< nullptr for means
  std::vector<ComparedFigure> figures;  ///< as kBenchmarkColumns
};

/// The categories' rows.
std::vector<ComparedRow> CategoryRows(const BenchmarkReport& report);

/// For each setting the mean over all categories, where there are several and each has the figure; and the
/// mean over those that something was published for, of theirs and ours alike, so that the difference is of
/// the same ones.
std::vector<ComparedRow> MeanRows(const BenchmarkReport& report);

/// Sentences on how the published figures came about, where this run differs, and what went wrong.
std::vector<std::string> BenchmarkNotes(const BenchmarkReport& report);

}  // namespace touchstone
