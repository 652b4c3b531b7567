#pragma once

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// A whole PNG file: 8 or 16 bits a channel like the image, gray where the three channels are
/// equal everywhere, RGB otherwise; DecodeImage gives the same pixels back.
/// @param compression_level 0 (none) to 9, as of libdeflate: higher is smaller; 1 suits files written by the
/// thousand. Other values are a bug of the caller: std::logic_error.
/// On the calling thread alone; 1024x1024 RGB at level 1: about 12 ms.
Bytes EncodePng(const Image& image, int compression_level);

/// A whole baseline JPEG file (4:2:0), for previews. Wants 8 bits: ConvertTo8Bit comes first.
/// @param quality 1 to 100, as of libjpeg. Other values, and images of 16 bits or of more than
/// 65535 pixels a side, are a bug of the caller: std::logic_error.
Bytes EncodeJpeg(const Image& image, int quality);

/// A whole lossy WebP file, for pictures in a page: about half the bytes of a JPEG of the same looks. Wants 8
/// bits.
/// @param quality 0 to 100, as of libwebp. Other values, and images of 16 bits or of more than 16383 pixels a
/// side, are a bug of the caller: std::logic_error. On the calling thread alone; 256x256: about 5 ms.
Bytes EncodeWebp(const Image& image, int quality);

}  // namespace touchstone
