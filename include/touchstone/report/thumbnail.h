#pragma once

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

inline constexpr int kMaxThumbnailSide = 512;
inline constexpr std::size_t kMaxThumbnailBytes = 40000;

/// What one picture in report.html may take, so that the page stays below 5 MB with two of them for each
/// image: 2,700 bytes from 500 images on, more where there are fewer, at most kMaxThumbnailBytes.
/// @param num_images  0 = not known: as for many.
std::size_t ThumbnailBytes(std::size_t num_images);

/// The longest side of such a picture: kMaxThumbnailSide where there are bytes for it, half of it otherwise.
int ThumbnailSide(std::size_t max_bytes);

/// A picture for report.html: a WebP file of at most `max_bytes` (>= 200) and ThumbnailSide; coarser, and
/// then smaller, until it fits. @param picture  of 8 bits. About 3 ms, up to 10 ms for a noisy picture, four
/// times that for the larger side.
Bytes MakeThumbnail(const Image& picture, std::size_t max_bytes);

/// The same for ground truth, white on black: a PNG file of at most 128 pixels a side, where a pixel is white
/// if any that it stands for is, so that no defect vanishes.
Bytes MakeMaskThumbnail(const Mask& mask);

}  // namespace touchstone
