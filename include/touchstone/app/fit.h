#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/app/progress.h"
#include "touchstone/core/image.h"
#include "touchstone/image/list.h"
#include "touchstone/methods/scoring_options.h"
#include "touchstone/methods/thresholds.h"
#include "touchstone/store/safetensors.h"

namespace touchstone {

/// What `touchstone fit` is told.
struct FitOptions {
  std::filesystem::path input;   ///< folder of normal images
  std::filesystem::path output;  ///< the gallery to be
  std::string model = "efficientnet_lite0";
  Size resize{256, 256};
  std::optional<Size> crop;
  double white_level = 65535;
  TensorType dtype = TensorType::kFloat32;
  ListFilter filter;
  ScoringOptions scoring;
  std::filesystem::path roi;         ///< mask of what is looked at (image/roi.h); empty = everything
  double false_alarm_rate = 0.01;    ///< that the thresholds are for; in (0, 1)
  bool estimates_thresholds = true;  ///< no: the gallery has none, and fit takes a fraction of the time
  bool force = false;                ///< replace an existing gallery
};

/// An image that could not be used.
struct FailedImage {
  std::string path;
  std::string code;  ///< ErrorCodeName of what was thrown
  std::string message;
};

struct FitSummary {
  std::size_t num_images = 0;
  std::vector<FailedImage> failed;
  bool interrupted = false;  ///< then there is no gallery
  std::string extractor_name;
  bool has_random_weights = false;
  std::uintmax_t gallery_bytes = 0;
  StageTimes times;
  std::optional<Thresholds> thresholds;  ///< estimated, if they were to be
  std::size_t num_name_groups = 0;  ///< that the images' names hint at, as the frames of some clips; 0 = none
  double leave_one_out_s = 0;       ///< scoring the gallery's own images, for thresholds and colour scale
  double total_s = 0;
};

/// Builds a gallery from every image under a folder. It appears under its name when it is whole:
/// until then everything is in a hidden folder beside it, which an error or interruption removes.
/// @throws Error kUsage/kOption before anything is read; kIo if no image could be used.
FitSummary Fit(const FitOptions& options, ProgressSink& progress);

}  // namespace touchstone
