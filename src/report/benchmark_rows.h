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

/// The columns for a method: its image scores, the one of its paper beside what was published.
std::vector<BenchmarkColumn> BenchmarkColumns(Method method);

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
  std::vector<ComparedFigure> figures;  ///< as BenchmarkColumns
};

/// The categories' rows.
std::vector<ComparedRow> CategoryRows(const BenchmarkReport& report);

/// For each setting the mean over all categories, where there are several and each has the figure; and the
/// mean over those that something was published for, of theirs and ours alike, so that the difference is of
/// the same ones; where only means were published, over the categories of MVTec AD, if all are there.
std::vector<ComparedRow> MeanRows(const BenchmarkReport& report);

/// Sentences on how the published figures came about, where this run differs, and what went wrong.
std::vector<std::string> BenchmarkNotes(const BenchmarkReport& report);

}  // namespace touchstone
