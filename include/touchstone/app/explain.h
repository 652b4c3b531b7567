#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/app/progress.h"
#include "touchstone/app/score.h"
#include "touchstone/report/explanation.h"

namespace touchstone {

/// What `touchstone explain` is told.
struct ExplainOptions {
  std::string image;
  std::filesystem::path gallery;
  std::filesystem::path output;  ///< the PNG to write
  bool force = false;            ///< replace it
  std::filesystem::path roi;     ///< looked at instead of what the gallery looks at; empty = that
  ScoringOverrides scoring;
};

/// Scores one image as `score` would, finds out why it has that score, and writes a picture of it: the image,
/// its heat map, for each hot spot the patch that made it beside the nearest normal patch, and the normal
/// images that it was compared with. Previews that the gallery has lost are named in a warning and left
/// blank.
/// @throws Error kUsage/kOption/kGallery/kModel before the image is read; kImage, kIo.
Explanation Explain(const ExplainOptions& options, ProgressSink& progress);

}  // namespace touchstone
