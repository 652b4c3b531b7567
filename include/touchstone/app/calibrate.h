#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/app/fit.h"
#include "touchstone/app/progress.h"
#include "touchstone/methods/thresholds.h"

namespace touchstone {

/// What `touchstone gallery calibrate` is told.
struct CalibrateOptions {
  std::filesystem::path gallery;
  std::filesystem::path input;             ///< folder of good images that the gallery has not seen
  std::optional<double> false_alarm_rate;  ///< empty = that of the gallery's thresholds, or 0.01
};

struct CalibrateSummary {
  Thresholds thresholds;
  std::size_t num_name_groups = 0;  ///< as in FitSummary
  std::vector<FailedImage> failed;
  bool interrupted = false;  ///< then the gallery is as it was
};

/// Scores good images with the gallery's own options, and replaces its thresholds by those of a
/// split-conformal calibration (methods/thresholds.h), which claim a guarantee. Images that are the gallery's
/// own, and copies of each other, are left out with a warning. The manifest is replaced in one rename.
/// @throws Error kUsage/kOption before an image is read; kGallery, kModel; kIo if no image is left.
CalibrateSummary Calibrate(const CalibrateOptions& options, ProgressSink& progress);

/// One of the gallery's own images.
struct Suspect {
  std::string path;
  double score = 0;
};

/// All normal images, those that look least like the others first; ties in the order of the paths. The score
/// is the one that decides about images, of each against the gallery without it and its near-copies: a bad
/// part among the good ones does not hide behind a second shot of itself.
/// @return nothing if it was interrupted. @throws Error kUsage, kGallery; kUsage also for a gallery of one
/// image.
std::vector<Suspect> FindSuspects(const std::filesystem::path& gallery, ProgressSink& progress);

}  // namespace touchstone
