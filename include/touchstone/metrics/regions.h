#pragma once

#include <cstdint>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// The defects of one ground-truth mask, told apart.
struct Regions {
  Size size;
  std::vector<std::int32_t> labels;  ///< [height * width], x fastest: 0 = anomaly-free, r + 1 = region r
  std::vector<std::int64_t> areas;   ///< [number of regions] area of region r [px]; >= 1
};

/// Splits the non-zero pixels of a mask into 8-connected components: pixels that touch at a corner
/// are one region, and so are touching pixels of different grey values. [PRO: MVTec AD, IJCV 2021,
/// section 5.] Regions are numbered in the raster order of their first pixel.
///
/// @param mask  [height * width]; any non-zero value is defect. 0 x 0 is allowed: no region.
/// @throws Error kShape if the number of values is not width * height.
/// Time and memory O(height * width), on the calling thread.
Regions LabelRegions(const Mask& mask);

}  // namespace touchstone
