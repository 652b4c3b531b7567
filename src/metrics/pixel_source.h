#pragma once

#include <cstddef>

#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// Reads one image of the source. @throws Error as ComputePixelMetrics says of images.
PixelImage ReadChecked(const PixelSource& source, std::size_t i);

}  // namespace touchstone
