#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/app/progress.h"
#include "touchstone/methods/scoring_options.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// Scoring options that were given to score; the gallery's defaults stand for the others.
struct ScoringOverrides {
  std::optional<int> num_retrieved;
  std::optional<int> num_neighbors;
  std::optional<double> sigma;
  std::optional<Fusion> fusion;
  std::optional<Distance> distance;
  std::optional<std::vector<int>> levels;
  std::optional<Retrieval> retrieval;
  std::optional<ImageScore> image_score;
  std::optional<std::uint64_t> seed;
};

ScoringOptions Apply(const ScoringOverrides& overrides, ScoringOptions defaults);

/// Options of patchcore and padim that were given to fit.
struct MethodOverrides {
  std::optional<double> coreset;
  std::optional<Pooling> pooling;
  std::optional<int> reweight_neighbors;
  std::optional<BankIndex> search;
  std::optional<int> dims;
};

ScoringOptions Apply(const MethodOverrides& overrides, ScoringOptions defaults);

/// @throws Error kOption naming the first option given that the method has not, and whose it is.
void CheckBelong(const ScoringOverrides& overrides, Method method);
void CheckBelong(const MethodOverrides& overrides, Method method);

/// What `touchstone score` is told.
struct ScoreOptions {
  std::vector<std::string> inputs;  ///< folders and files as given; {"-"} = paths from `paths`
  std::istream* paths = nullptr;    ///< one path a line, when inputs is {"-"}
  std::filesystem::path gallery;
  std::filesystem::path output;
  std::filesystem::path maps_dir;  ///< empty = output / "maps"
  bool write_maps = true;
  bool write_heatmaps = true;
  std::filesystem::path roi;  ///< mask of what is looked at (image/roi.h); empty = the gallery's
  HeatmapStyle heatmap_style = HeatmapStyle::kOverlay;
  bool gate = false;                ///< stage 2 only for images that stage 1 flags; the others' maps are 0
  std::optional<double> gate_rate;  ///< share of good images that stage 1 flags; empty = the false-alarm rate
  bool wants_verdicts = true;       ///< no: that they are undecided is no news
  bool needs_verdicts = false;      ///< where all would be undecided, the run is refused (--fail-on)
  bool force = false;
  ScoringOverrides scoring;
};

struct ScoreSummary {
  Results results;
  std::size_t num_scored = 0, num_failed = 0;  ///< each time that a path came on a stream counts
  bool interrupted = false;
  StageTimes times;
  double total_s = 0;
};

/// Scores images against a gallery and fills a results folder. Image by image, in byte order of
/// path (in order of arrival for paths from a stream), each is handed to `on_result` as soon as all
/// before it are done; files of an image are there by then. An image that fails is recorded, handed over too,
/// and the run goes on. Of a path that a stream names again, for a file that was overwritten, the folder
/// holds the last. After an interruption the folder is valid, with complete = false.
/// @throws Error kUsage/kOption/kGallery/kModel before any image is read; kIo if the disk refuses.
ScoreSummary Score(const ScoreOptions& options, ProgressSink& progress,
                   const std::function<void(const ImageResult&)>& on_result);

}  // namespace touchstone
