#pragma once

#include <cstdint>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// Somebody else's interleaved pixels: value c of pixel (x, y) is at [(y * width + x) * channels + c].
template <typename Value>
struct PixelView {
  const Value* values = nullptr;
  Size size;
  int channels = 0;  ///< 1 to 4
};

/// Antialiased bilinear resize, the same bytes as Pillow 9.4's Image.resize(size, BILINEAR) on
/// modes L, RGB and RGBX. Along one axis, with s = source / target and the filter stretched by
/// t = max(s, 1):
///
///   centre(i) = (i + 0.5) * s        taps of output i: the x from round-down(centre - t + 0.5)
///                                    up to, not including, round-down(centre + t + 0.5)
///   w(i, x) = max(0, 1 - |x + 0.5 - centre(i)| / t), divided by its sum over the taps
///
/// Rows first, then columns. Both passes work in integers: w is rounded to 22 fractional bits,
/// the sum is rounded to 8 bits and limited to 255, after either pass. A pass that would change
/// nothing (source = target) is left out.
///
/// @param source  any size from 1x1 up, channels 1 to 4
/// @param target  size of the whole result, >= 1x1; no aspect ratio is kept
/// @param part    the rectangle of the result that is wanted, inside of `target`; only the rows and
///                columns it depends on are read
/// @return        [part.height * part.width * channels], the pixels of the whole result there
///
/// Breaking these limits is a bug of the caller: std::logic_error.
/// Time O(rows needed * (source.width + part.width) * channels); 12 ms for 4000x3000 RGB to 256x256
/// on one core, 1.5 ms for 1024x1024. Memory: rows needed * part.width * channels bytes. On the calling
/// thread alone; the same bytes on every machine.
std::vector<std::uint8_t> ResizeAntialiased(const PixelView<std::uint8_t>& source, Size target,
                                            const Rect& part);
std::vector<std::uint8_t> ResizeAntialiased(const PixelView<std::uint8_t>& source, Size target);

/// The same resize for more than 8 bits: values are divided by `white_level` (what exceeds it
/// becomes 1), and both passes compute with the unrounded weights: sums in double, tap after tap,
/// rounded to float32 after either pass, as Pillow does in mode F.
///
/// @param white_level  the value that becomes 1.0; in [1, 65535]
/// 28 ms for 4000x3000 to 256x256.
/// @return             [part.height * part.width * channels], 0..1
std::vector<float> ResizeAntialiased(const PixelView<std::uint16_t>& source, double white_level, Size target,
                                     const Rect& part);

}  // namespace touchstone
