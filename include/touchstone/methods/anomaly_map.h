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

/// Grid maps -> anomaly map of the photograph:
///   1. each grid to the network's input size (bilinear, half-pixel centres), then their mean;
///   2. Gaussian there: kernel exp(-x^2 / 2 sigma^2) cut at radius floor(4 sigma + 0.5), reflecting border
///      (d c b a | a b c d | d c b a), as scipy.ndimage.gaussian_filter;
///   3. edge values extended outward from the crop to the resized frame;
///   4. to `original` size (bilinear, half-pixel centres).
/// @param grids  raw distances, at least one, each of its own grid size.
/// @return [original.height * original.width], in the unit of the grids; never normalised.
ScoreMap MakeAnomalyMap(const std::vector<ScoreMap>& grids, const MapGeometry& geometry, Size original);

/// The part of the photographs that is looked at.
struct RegionOfInterest {
  const Mask& mask;      ///< non-zero = yes, of any size; not empty of yes
  const Mask& on_frame;  ///< OverFrame(mask, geometry.resized) of region_weights.h, made once for many maps
};

/// The same where only a part of the photographs is looked at: 0 outside of it, and inside
///
///     map(p) = sum_c w_c G_c(p) v_c / sum_c w_c G_c(p),     G_c(p) = what a map that is 1 in cell c is at p,
///
/// with the grids' values v_c and the share w_c of each cell that lies inside (methods/region_weights.h):
/// steps 1 to 4 leave out what lies outside and are made up for the weight that is missing. This is
/// normalised convolution: H. Knutsson, C.-F. Westin, "Normalized and Differential Convolution", CVPR 1993.
/// What is anomalous outside does not shine through by the map, while the extractor's receptive field, which
/// looks across the border too, remains. With everything inside: the bytes of the function above.
/// @throws Error kImage if the mask's proportions are not those of `original` (image/roi.h). Costs twice the
/// map above.
ScoreMap MakeAnomalyMap(const std::vector<ScoreMap>& grids, const MapGeometry& geometry, Size original,
                        const RegionOfInterest& looked_at);

/// Step 2 alone.
ScoreMap Smooth(const ScoreMap& map, double sigma);

}  // namespace touchstone
