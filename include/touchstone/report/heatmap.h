#pragma once

#include <map>
#include <optional>
#include <string>

#include "touchstone/core/image.h"

namespace touchstone {

/// How a photograph and its anomaly map become one picture; each has the contour.
enum class HeatmapStyle {
  kOverlay,    ///< the map's colours over the photograph
  kMap,        ///< the map's colours alone
  kContour,    ///< the photograph alone
  kSideBySide  ///< the photograph, the overlay, and the colour scale in numbers
};

/// The names that the command line uses.
const std::map<std::string, HeatmapStyle>& HeatmapStyleNames();

struct HeatmapOptions {
  HeatmapStyle style = HeatmapStyle::kOverlay;
  double white_level = 65535;       ///< of 16-bit photographs
  double low = 0, high = 1;         ///< the colour scale, one for a whole gallery; low < high
  std::optional<double> threshold;  ///< where the contour runs; none = there is no contour
  std::optional<Mask> looked_at;    ///< zero = left out; of any size, resized to the photograph's; none = all
};

/// The photograph with its anomaly map.
///
/// A map value v has heat h = (v - low) / (high - low), clamped to 0..1. Its colour is that of
/// matplotlib's perceptually uniform "plasma" at h, which colour-blind readers can follow too; the overlay
/// lays it over the photograph with an opacity of 0.7 * min(1, 4 h), so that what is normal stays as it
/// was photographed.
///
/// The contour is a double line around the pixels with v > threshold: black on their side, white on the
/// other. On any gray one of the two has a contrast of 4.5 : 1 or more (WCAG 2). Each is 1 px wide, and 1 px
/// more for every 512 px of the photograph's longer side.
///
/// What is not looked at fades: v / 4 + 72 of each channel, in every style. On dark and bright photographs
/// alike that is a gray with little contrast.
/// @param photo  8 bits, or 16 bits (divided by the white level for showing).
/// @param map    of the photograph's size.
/// @return 8-bit RGB of the photograph's size, but for kSideBySide. @throws Error kShape if the sizes differ.
Image DrawHeatmap(const Image& photo, const ScoreMap& map, const HeatmapOptions& options);

/// An 8-bit picture of at most max_side pixels a side, for previews.
Image MakePreview(const Image& photo, double white_level, int max_side);

}  // namespace touchstone
