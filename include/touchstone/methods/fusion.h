#pragma once

#include <vector>

#include "touchstone/core/feature_map.h"

namespace touchstone {

/// Brings levels to the grid of the first (finest) one and joins their channels:
///
///     F(x, y) = [ level1(x, y), up(level2)(x, y), up(level3)(x, y) ]                 [SPADE, 3.4]
///
/// `up` is bilinear with half-pixel centres, clamped at the edges: location x of a grid of width W
/// reads at (x + 0.5) * w / W - 0.5 of a level of width w.
/// @param levels  at least one; finest first.
/// @return [H1 x W1 x (C1 + C2 + ...)].  O(H1 * W1 * C); on this thread alone.
FeatureMap FuseLevels(const std::vector<FeatureMap>& levels);

}  // namespace touchstone
