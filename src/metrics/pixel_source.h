#pragma once

#include <cstddef>

#include "touchstone/metrics/pixel_metrics.h"
#include "touchstone/metrics/regions.h"

namespace touchstone {

/// Reads one image of the source. @throws Error as ComputePixelMetrics says of images.
PixelImage ReadChecked(const PixelSource& source, std::size_t i);

/// The regions of its mask; none without a mask or without a defect.
Regions RegionsOf(const PixelImage& image);

}  // namespace touchstone
