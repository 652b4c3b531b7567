#pragma once

#include "touchstone/core/image.h"
#include "touchstone/methods/anomaly_map.h"

namespace touchstone {

/// The region's pixels laid over the resized frame, rounded outward, so that none is lost: not 0 or 0.
/// RegionWeights of it are those of the region itself, and cost no look at each pixel of a large mask.
/// @param looked_at  non-zero = yes, of any size; the whole of it covers the whole frame.
Mask OverFrame(const Mask& looked_at, Size frame);

/// How much of each cell of a grid lies in the part of the photographs that is looked at.
///
/// The region's pixels are laid over the resized frame (rounded outward, so that none is lost), those that a
/// crop has kept from the network at the pixel of the crop whose value the map repeats there, and a cell's
/// weight is the share of its pixels that are covered.
/// @param looked_at  non-zero = yes, of any size; the whole of it covers the whole frame.
/// @param grid       cells of a map of the crop; no larger than the crop.
/// @return [grid] in 0..1; exactly 1 everywhere if everything is looked at, exactly 0 for a cell outside.
/// Time O(pixels of the mask + pixels of the frame).
ScoreMap RegionWeights(const Mask& looked_at, const MapGeometry& geometry, Size grid);

/// The grid with each value times its cell's weight: what MakeAnomalyMap with a region is a linear function
/// of.
ScoreMap Weighted(const ScoreMap& grid, const ScoreMap& weights);

}  // namespace touchstone
