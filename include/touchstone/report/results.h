#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/methods/scoring_options.h"
#include "touchstone/methods/thresholds.h"
#include "touchstone/metrics/metric.h"
#include "touchstone/report/defect_regions.h"

namespace touchstone {

/// What was found about one input image, or why nothing was.
struct ImageResult {
  std::string path;                       ///< as in scores.csv, with extension
  std::string source;                     ///< the file that was read, absolute
  std::string label;                      ///< name of the folder right above it; "good" is normal
  std::string sha256;                     ///< of the file; empty if it could not be read
  Size size;                              ///< of the photograph
  std::optional<double> score;            ///< the one that --image-score chose
  std::optional<double> retrieval_score;  ///< stage 1
  std::optional<double> map_max;          ///< maximum of the anomaly map at original size
  std::optional<double> patch_max;        ///< patchcore: the largest patch distance, re-weighted
  std::optional<double> p_value;          ///< share of good images that score as high; methods/thresholds.h
  std::string verdict;                    ///< normal, anomalous, undecided; empty on error
  std::optional<DefectRegions> regions;   ///< above the pixel threshold; empty where there is none to go by
  std::string regions_reason;             ///< why `regions` is empty
  bool is_gated = false;                  ///< stage 1 found it normal and stage 2 was not run (--gate)
  std::string map;                        ///< TIFF, relative to maps_dir; empty if none was written
  std::string heatmap;                    ///< PNG, relative to the results folder; empty if none was written
  std::string error_code;                 ///< of a failed image, core/error.h; empty otherwise
  std::string error;                      ///< its message, without the path
  bool failed() const { return !error_code.empty(); }
};

/// results.json, schema touchstone.results/1.
struct Results {
  std::string touchstone_version;
  std::string gallery;  ///< folder, as given
  std::string gallery_sha256;
  std::string extractor_name;
  std::string extractor_sha256;
  ScoringOptions options;
  Preprocessing preprocessing;
  std::string roi_sha256;  ///< of the mask of what was looked at, as a gallery stores it; empty = all
  std::optional<Thresholds> thresholds;   ///< that the verdicts are by, for the options above
  std::string thresholds_reason;          ///< why there are none
  std::optional<Interval> heatmap_scale;  ///< map values of the first and last colour; none = no heat maps
  std::optional<double> gate;             ///< retrieval score up to which stage 2 was not run
  std::vector<std::string> inputs;        ///< as given
  std::string maps_dir;                   ///< absolute, or relative to the folder; empty = no maps
  std::vector<std::string> warnings;
  std::vector<ImageResult> images;  ///< in the order of scores.csv, failed ones included
  bool complete = false;            ///< false while running and after an interruption
};

/// A number as every output shows it: 9 significant digits, enough to bring back any float32.
std::string FormatNumber(double value);

/// scores.csv: path,score,retrieval_score,map_max,p_value,verdict,error; RFC 4180 quoting, "\n" ends.
std::string ScoresCsv(const Results& results);

/// results.json. Failed images are in failed[], with code and message, and not in images[]. A name that is
/// not UTF-8 is shown with U+FFFD for what is not; "<key>_bytes" beside it lists its bytes.
std::string ResultsJson(const Results& results);

/// Reads results.json back, for evaluate; failed images are in their places among `images`.
/// @throws Error kResults: not there, not ours, another schema version, malformed.
Results ReadResults(const std::filesystem::path& results_folder);

}  // namespace touchstone
