#pragma once

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// What one picture in report.html may take: 500 images with two of them each stay below 5 MB.
inline constexpr std::size_t kMaxThumbnailBytes = 2700;
inline constexpr int kMaxThumbnailSide = 256;

/// A picture for report.html: a WebP file of at most kMaxThumbnailBytes and kMaxThumbnailSide; coarser, and
/// then smaller, until it fits. @param picture  of 8 bits.
Bytes MakeThumbnail(const Image& picture);

/// The same for ground truth, white on black: a PNG file of at most 128 pixels a side, where a pixel is white
/// if any that it stands for is, so that no defect vanishes.
Bytes MakeMaskThumbnail(const Mask& mask);

}  // namespace touchstone
