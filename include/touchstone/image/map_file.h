#pragma once

#include <filesystem>

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"
#include "touchstone/image/encode.h"

namespace touchstone {

/// A whole TIFF file: float32, one channel, uncompressed, values bit for bit. Pillow, OpenCV and
/// tifffile read it. Uncompressed, because a 1024x1024 map then takes 0.2 ms to write; LZW with the
/// floating-point predictor takes 75 ms and still needs 63 % of the bytes.
Bytes EncodeScoreMap(const ScoreMap& map);

/// Reads anybody's score map: the first page of a TIFF with one channel of float16, float32,
/// float64, or signed or unsigned integers of 8, 16 or 32 bits, in any compression of libtiff.
/// Wider values are rounded to float32.
/// @throws Error kImage if it is no such TIFF, is cut short, damaged or above the size limits of
/// DecodeImage; kNotFinite naming the first NaN or infinity and its place. ReadScoreMap also kIo.
ScoreMap ReadScoreMap(const std::filesystem::path& file);
ScoreMap DecodeScoreMap(const Bytes& file_bytes, const std::filesystem::path& name_for_messages);

/// Reads a mask from any format of DecodeImage. A pixel is defective if any of its colour channels
/// is not zero, and 1 then (of a palette image: of the colour, not the index); alpha counts for nothing.
/// @throws Error like ReadImage.
Mask ReadMask(const std::filesystem::path& file);

/// A mask whose grey value says what it marks.
struct MarkedMask {
  Mask mask;
  int value = 0;  ///< 1 to 255; 0 = nothing is marked
};

/// Reads the mask of one defect. @throws Error like ReadImage; kImage if its pixels other than 0 are not of
/// one grey value of 8 bits.
MarkedMask ReadMarkedMask(const std::filesystem::path& file);

/// Bilinear resize with half-pixel centres and without antialiasing: torch's interpolate with
/// mode="bilinear", align_corners=False.
///
///   x(i) = max(0, (i + 0.5) * source.width / target.width - 0.5), y(j) likewise
///   out(i, j) = the four values around (x, y), weighted by their nearness; beyond the border its value
///
/// Weights are computed in double and rounded to float32; sums are float32. Equal values stay equal.
/// @param target >= 1x1, otherwise std::logic_error.  Time O(target pixels).
ScoreMap ResizeMap(const ScoreMap& map, Size target);

/// Nearest-neighbour resize: out(i, j) = mask(floor((i + 0.5) * source.width / target.width), ...),
/// which is Pillow's NEAREST and torch's "nearest-exact" (torch's "nearest" leaves out the 0.5).
/// Computed in integers, exact for every size.
/// @param target >= 1x1, otherwise std::logic_error.
Mask ResizeMaskNearest(const Mask& mask, Size target);

}  // namespace touchstone
