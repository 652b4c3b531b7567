#pragma once

#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/methods/scoring_options.h"

namespace touchstone {

/// Locally aware patch features [PatchCore, section 3.1]: what one place of a picture is compared by.
/// K. Roth et al., "Towards Total Recall in Industrial Anomaly Detection", arXiv:2106.08265.
///
/// Pooling::kPaper: at each location of each level the mean of the 3x3 neighbourhood,
///
///     f(x, y) = 1/9 * sum_{|i| <= 1, |j| <= 1} phi(x + i, y + j),      phi = 0 outside the level
///
/// (the divisor is always 9: padded zeros count), brought to the grid of the first level (bilinear,
/// half-pixel centres) and joined: C = C_1 + C_2 + ... channels.
///
/// Pooling::kReference (the authors' code): the 9 C_l values of a neighbourhood, channel by channel, each row
/// by row, are averaged in 1024 bins (bin i: values floor(i 9 C_l / 1024) up to, not including, ceil((i + 1)
/// 9 C_l / 1024)); brought to the first level's grid; the levels' values one after the other averaged in 1024
/// bins again: C = 1024.
///
/// @param levels  at least one, finest first.
/// @return [H_1 x W_1 x C]. On this thread alone; O(H_1 W_1 C), kReference O(9 H_1 W_1 C).
FeatureMap PatchFeatures(const std::vector<const FeatureMap*>& levels, Pooling pooling);
FeatureMap PatchFeatures(const std::vector<FeatureMap>& levels, Pooling pooling);

/// The shape of that, from the levels' shapes.
FeatureShape PatchFeatureShape(const std::vector<FeatureShape>& levels, Pooling pooling);

}  // namespace touchstone
