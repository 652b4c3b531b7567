#pragma once

#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// Where a map of the network's input lies in the photograph.
struct MapGeometry {
  Size resized;      ///< the photograph after the resize
  Rect crop;         ///< the part of it that the network saw
  double sigma = 4;  ///< of the Gaussian [px of the network's input]; 0 = none
};

/// Grid maps -> anomaly map of the photograph (interface.md, "Map geometry"):
///   1. each grid to the network's input size (bilinear, half-pixel centres), then their mean;
///   2. Gaussian there: kernel exp(-x^2 / 2 sigma^2) cut at radius floor(4 sigma + 0.5), reflecting border
///      (d c b a | a b c d | d c b a), as scipy.ndimage.gaussian_filter;
///   3. edge values extended outward from the crop to the resized frame;
///   4. to `original` size (bilinear, half-pixel centres).
/// @param grids  raw distances, at least one, each of its own grid size.
/// @return [original.height * original.width], in the unit of the grids; never normalised.
ScoreMap MakeAnomalyMap(const std::vector<ScoreMap>& grids, const MapGeometry& geometry, Size original);

/// Step 2 alone.
ScoreMap Smooth(const ScoreMap& map, double sigma);

}  // namespace touchstone
