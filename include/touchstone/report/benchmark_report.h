#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "touchstone/image/preprocess.h"
#include "touchstone/methods/scoring_options.h"
#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"

namespace touchstone {

/// The figures of a category that the table shows.
struct BenchmarkFigures {
  Metric image_map_max;  ///< image ROCAUC by the map's maximum
  Metric image_own;      ///< image ROCAUC by the image score of the method's paper (PaperImageScore)
  Metric pixel;          ///< pixel ROCAUC
  Metric au_pro;         ///< up to a false-positive rate of 0.3
  Metric false_alarms;   ///< share of good images above the threshold that fit estimated; Wilson's interval
  Metric found;          ///< share of defective images above it
};

/// What a row took on the machine that made it. A peak is of the process's resident memory, mapped files
/// included, and empty where the system does not tell.
struct BenchmarkCosts {
  std::optional<double> fit_s;             ///< whole fit, start-up of the extractor included, no thresholds
  std::optional<double> fit_cpu_s;         ///< processor seconds of all threads in it
  std::optional<double> image_s;           ///< seconds of the whole of score, by images scored
  std::optional<double> image_cpu_s;       ///< the same in processor seconds
  std::optional<double> fit_peak_bytes;    ///< of fit
  std::optional<double> score_peak_bytes;  ///< of score
  std::optional<double> gallery_bytes;     ///< on disk, the extractor included
};

/// One category under one setting of the scoring options.
struct BenchmarkRow {
  std::string category;
  std::string setting;  ///< "K = 5" of an ablation, "patchcore 10 %" of several methods; empty of neither
  std::uint64_t num_train = 0;
  std::uint64_t num_normal = 0, num_anomalous = 0;  ///< scored test images
  std::uint64_t num_failed = 0;                     ///< images of train and test that could not be used
  BenchmarkFigures figures;
  BenchmarkCosts costs;    ///< where settings have galleries of their own
  ScoringOptions options;  ///< of the row
  std::string error;       ///< why there are no figures; empty otherwise
};

/// What the rows of a category differ in.
enum class BenchmarkKind {
  kOptions,  ///< scoring options of one method, or nothing
  kMethods   ///< methods, or what they learn: each row has a gallery of its own, and costs
};

/// benchmark.json, schema touchstone.benchmark/1.
struct BenchmarkReport {
  std::string touchstone_version;
  std::string extractor_name;
  std::string extractor_sha256;
  bool has_random_weights = false;
  Preprocessing preprocessing;
  std::string roi_sha256;  ///< of the mask of --roi; empty = everything was looked at
  BenchmarkKind kind = BenchmarkKind::kOptions;
  ScoringOptions options;            ///< before an ablation changes them; of kMethods the first row's
  std::string resolution;            ///< "original" or the side N
  double false_alarm_rate = 0.01;    ///< that the thresholds are for
  BootstrapOptions bootstrap;        ///< how the intervals were made
  std::vector<std::string> remarks;  ///< on settings that are not quite what was asked for; among the notes
  std::vector<BenchmarkRow> rows;    ///< category by category, settings in the same order in each
  bool complete = false;             ///< false while running and after an interruption
};

/// Everything, shares in [0, 1]; beside each figure its interval, the published one and the difference.
/// Undefined is null with "<name>_reason".
std::string BenchmarkJson(const BenchmarkReport& report);

/// One line a row, the same shares; undefined cells are empty. RFC 4180 quoting.
std::string BenchmarkCsv(const BenchmarkReport& report);

/// Tables for people, percent, differences in points: a row for each category and setting, below them the
/// means of each setting, of our figures over all categories and of those with published figures, and notes
/// that say how the published figures came about and where this run differs. Rows of kMethods have their
/// costs beside their figures.
std::string BenchmarkMarkdown(const BenchmarkReport& report);
std::string BenchmarkTable(const BenchmarkReport& report);

/// Which rows a file of BenchmarkJson has: category and setting of each; none if it is not there or damaged.
std::vector<std::pair<std::string, std::string>> ReadBenchmarkRows(const std::filesystem::path& file);

/// What a later run needs to take a finished row over, schema touchstone.benchmark-row/1. @param key says
/// what the figures depend on.
std::string BenchmarkRowJson(const BenchmarkRow& row, const std::string& key);

/// The row of such a file, but for its options; nothing if it is not there, damaged or of another key.
std::optional<BenchmarkRow> ReadBenchmarkRow(const std::filesystem::path& file, const std::string& key);

}  // namespace touchstone
