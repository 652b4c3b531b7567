#pragma once

#include <cstdint>
#include <vector>

#include "curves.h"
#include "image_groups.h"
#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// Visits every image once more for what needs the figures of the whole category first: intervals of all
/// figures, from a histogram of each image (pixel_histograms.h), and the figures of each image by itself.
/// @param edges    of the histograms.
/// @param metrics  without them; they are filled in.
void VisitOnceMore(const PixelSource& source, const ImageGroups& groups, const AreaLimits& limits,
                   const PixelOptions& options, const std::vector<std::uint32_t>& edges,
                   CategoryPixelMetrics* metrics);

}  // namespace touchstone
