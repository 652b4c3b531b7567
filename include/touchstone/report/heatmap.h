#pragma once

#include "touchstone/core/image.h"

namespace touchstone {

/// The photograph with its anomaly map laid over it.
///
/// A map value v has heat h = (v - low) / (high - low), clamped to 0..1. Its colour is that of
/// matplotlib's perceptually uniform "plasma" at h, laid over the photograph with an opacity of
/// 0.7 * min(1, 4 h): what is normal stays as it was photographed.
/// @param photo        8 bits, or 16 bits (divided by the white level for showing).
/// @param map          of the photograph's size.
/// @param white_level  of 16-bit photographs.
/// @param low, high    one scale for a whole gallery, low < high.
/// @return 8-bit RGB of the photograph's size. @throws Error kShape if the sizes differ.
Image DrawHeatmap(const Image& photo, const ScoreMap& map, double white_level, double low, double high);

/// An 8-bit picture of at most max_side pixels a side, for previews.
Image MakePreview(const Image& photo, double white_level, int max_side);

}  // namespace touchstone
