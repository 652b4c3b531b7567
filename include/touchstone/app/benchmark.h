#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/app/evaluate.h"
#include "touchstone/app/fit.h"
#include "touchstone/app/progress.h"
#include "touchstone/report/benchmark_report.h"

namespace touchstone {

/// Which scoring options a benchmark varies; each of its settings is a row of its own for every category.
enum class Ablation {
  kNone,       ///< the options as given
  kLevels,     ///< spade: each pyramid level alone, and all together (the paper's Table 6); patchcore, padim:
               ///< every run of neighbouring levels, with a gallery each
  kRetrieval,  ///< K nearest images against K random ones (its Table 7)
  kNumRetrieved,  ///< K = 1, 2, 3, 5, 10, 20, 50
};

/// The names that the command line uses.
const std::map<std::string, Ablation>& AblationNames();

/// What is left of a finished category.
enum class KeptFiles {
  kResults,   ///< scores, figures and reports
  kAllFiles,  ///< galleries and raw maps too: gigabytes for all of MVTec AD
};

/// What `touchstone benchmark` is told.
struct BenchmarkOptions {
  std::filesystem::path root;    ///< <root>/<category>/{train/good,test,ground_truth}, or one category
  std::filesystem::path output;  ///< a new folder, or that of an earlier run, which is continued
  FitOptions fit;                ///< input, output and force are set for each category
  EvaluateOptions evaluate;      ///< resolution, label_by_mask and bootstrap are used; PRO is up to 0.3
  Ablation ablation = Ablation::kNone;  ///< kRetrieval and kNumRetrieved are spade's
  std::vector<ScoringOptions> methods;  ///< a row for each, in place of fit.scoring; no ablation then
  std::optional<double> time_limit_s;   ///< for fit and score of a row; one that takes longer is given up
  KeptFiles kept = KeptFiles::kResults;
  bool force = false;  ///< finished rows of an earlier run are made anew too
};

/// Where a row came from.
enum class RowOrigin { kThisRun, kEarlierRun };

struct BenchmarkSummary {
  BenchmarkReport report;
  std::size_t num_failed_rows = 0;  ///< without figures
  std::uint64_t num_failed_images = 0;
  bool interrupted = false;
};

/// Fits, scores and evaluates every category of a data set, one after the other, each row handed to `on_row`
/// when it is done. OUT/benchmark.{json,csv,md} are written anew after each category; what belongs to a row
/// is in OUT/<category>/<setting>, without an ablation OUT/<category>/results. Heat maps are not drawn.
///
/// A row of an earlier run is taken over if nothing that its figures depend on has changed: the program (this
/// build of it: ProgramDigest), extractor, options, and every file of train/good, test and ground_truth, by
/// digest. A category that cannot be used is a row that says why, and the run goes on. So is a row that was
/// given up; it is tried again by the next call. Rows of several methods, and of levels that have galleries
/// of their own, have costs; no thresholds are estimated for them, nor for an ablation. After an interruption
/// the same call goes on with what is missing.
/// @throws Error kUsage/kOption/kModel before any image is read, and later if the options do not suit a
/// category (more
/// --num-neighbors than it has patches); kIo if the tables cannot be written.
BenchmarkSummary Benchmark(const BenchmarkOptions& options, ProgressSink& progress,
                           const std::function<void(const BenchmarkRow&, RowOrigin)>& on_row);

}  // namespace touchstone
