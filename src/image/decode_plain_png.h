#pragma once

#include <optional>

#include "decode.h"

namespace touchstone {

/// The common kinds of PNG in half of libpng's time: 8 bits a sample, not interlaced, no palette and no chunk
/// that changes what a pixel means. libdeflate unpacks all rows at once where libpng has zlib unpack them one
/// by one.
/// @return the pixels that DecodePng's libpng gives; nothing for every other kind, and for every file with
/// anything wrong with it: libpng is to say what. @throws Error kImage as CheckedSize.
std::optional<Image> DecodePlainPng(const Bytes& file, const std::filesystem::path& name);

/// Every kind of PNG. @throws Error kImage.
Image DecodePngByLibpng(const Bytes& file, const std::filesystem::path& name);

}  // namespace touchstone
