#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// A connected part of an anomaly map above a threshold, in pixels of the photograph. The centre of
/// the top left pixel has the coordinates (0, 0).
struct DefectRegion {
  Rect box;                  ///< the smallest that holds it
  std::int64_t area_px = 0;  ///< number of pixels, >= 1
  double peak = 0;           ///< highest map value in it
  double mean = 0;           ///< mean map value
  double centroid_x_px = 0;  ///< mean of its pixels' coordinates, each pixel counting alike
  double centroid_y_px = 0;
};

/// What of one image is above the threshold.
struct DefectRegions {
  std::vector<DefectRegion> worst;  ///< by peak, highest first; at most kMaxDefectRegions
  std::int64_t num_regions = 0;     ///< all there are; >= worst.size()
};

/// A map that is noise against its threshold falls into thousands of regions, which nobody reads.
constexpr std::size_t kMaxDefectRegions = 100;

/// Splits the pixels with map > threshold into 8-connected regions (metrics/regions.h). Equal peaks
/// are in the raster order of the regions' first pixels.
/// @param map        finite. @throws Error kShape if its values do not fill its size.
/// @param threshold  a value equal to it is not above it.
/// O(height * width), on the calling thread.
DefectRegions FindDefectRegions(const ScoreMap& map, double threshold);

}  // namespace touchstone
