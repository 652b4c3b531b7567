#pragma once

#include <optional>

#include "curves.h"
#include "defect_runs.h"
#include "touchstone/metrics/pixel_metrics.h"
#include "touchstone/metrics/regions.h"

namespace touchstone {

/// The figures of one image by itself.
/// @param regions    of its mask.
/// @param defects    of the image (defect_runs.h).
/// @param threshold  that covers and the false-positive rate are at; none = the category has none.
ImagePixelMetrics FiguresOfImage(const PixelImage& image, const Regions& regions, const ImageDefects& defects,
                                 const AreaLimits& limits, std::optional<double> threshold);

}  // namespace touchstone
