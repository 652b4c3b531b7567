#pragma once

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

inline constexpr int kMaxThumbnailSide = 256;
inline constexpr std::size_t kMaxThumbnailBytes = 16000;

/// What one picture in report.html may take, so that the page stays below 5 MB with two of them for each
/// image: 2,700 bytes from 500 images on, more where there are fewer, at most kMaxThumbnailBytes.
/// @param num_images  0 = not known: as for many.
std::size_t ThumbnailBytes(std::size_t num_images);

/// A picture for report.html: a WebP file of at most `max_bytes` (>= 200) and kMaxThumbnailSide; coarser, and
/// then smaller, until it fits. @param picture  of 8 bits. About 3 ms, up to 10 ms for a noisy picture.
Bytes MakeThumbnail(const Image& picture, std::size_t max_bytes);

/// The same for ground truth, white on black: a PNG file of at most 128 pixels a side, where a pixel is white
/// if any that it stands for is, so that no defect vanishes.
Bytes MakeMaskThumbnail(const Mask& mask);

}  // namespace touchstone
