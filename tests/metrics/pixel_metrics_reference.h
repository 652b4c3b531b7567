#pragma once

#include <vector>

#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// Pixel ROCAUC of images held in memory, over all pairs of pixels. Needs pixels of both kinds.
double ReferencePixelRocauc(const std::vector<PixelImage>& images);

/// AU-PRO the obvious way: every distinct score of any pixel is a threshold, at each the whole
/// set is counted anew. Needs a region and an anomaly-free pixel.
double ReferenceAuPro(const std::vector<PixelImage>& images, double limit);

/// AU-sPRO likewise, from the images' channels. Needs a channel and an anomaly-free pixel.
double ReferenceAuSpro(const std::vector<PixelImage>& images, double limit);

}  // namespace touchstone
