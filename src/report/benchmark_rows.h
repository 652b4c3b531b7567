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

/// The columns of a table: the image scores of its method or methods, the one of the paper beside what was
/// published, and so on.
std::vector<BenchmarkColumn> BenchmarkColumns(const BenchmarkReport& report);

/// Every figure that a row can have, for its file.
std::vector<BenchmarkColumn> AllBenchmarkColumns();

/// A column of costs.
struct CostColumn {
  const char* name;   ///< in JSON and CSV, SI units
  const char* title;  ///< for people, `unit` named
  std::optional<double> BenchmarkCosts::*cost;
  double unit;       ///< what the table counts in
  int num_decimals;  ///< that it shows
};
const std::vector<CostColumn>& CostColumns();

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
  BenchmarkCosts costs;                 ///< of a mean: the means of those that all its rows have
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
