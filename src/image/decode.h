#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

// One decoder for each format, called by DecodeImage once the signature is known. Each takes the
// whole file and throws Error kImage with `where` = name. They share the limits and the wording
// below.

Image DecodeBmp(const Bytes& file, const std::filesystem::path& name);
Image DecodeJpeg(const Bytes& file, const std::filesystem::path& name);
Image DecodePng(const Bytes& file, const std::filesystem::path& name);
Image DecodePnm(const Bytes& file, const std::filesystem::path& name);
Image DecodeTiff(const Bytes& file, const std::filesystem::path& name);
Image DecodeWebp(const Bytes& file, const std::filesystem::path& name);

/// OpenCV's imdecode, for the formats that have no small library of their own: BMP and PNM. The only
/// place of this room that knows OpenCV (with opencv_codecs.cc). The caller has checked that the file is
/// whole: OpenCV writes to stderr what it dislikes, and no setting stops that.
/// @param size what the header says; an image of another size is an error
/// @return samples as OpenCV gives them, 16 bits where the file has more than 8
/// @throws Error kImage if OpenCV makes nothing of the file, or it has 2^31 bytes or more; kIo if
/// OpenCV's codecs cannot be loaded (core/late_library.h).
Image DecodeWithOpenCv(const Bytes& file, Size size, const std::filesystem::path& name);

/// "4.6.0"
std::string OpenCvVersion();

inline constexpr std::uint64_t kMaxImageSide = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMaxImagePixels = std::uint64_t{1} << 28;

/// Checks a header's claim before anything is allocated for it.
/// @throws Error kImage outside of 1..kMaxImageSide a side or above kMaxImagePixels.
Size CheckedSize(std::uint64_t width, std::uint64_t height, const std::filesystem::path& name);

/// A file that starts well and is not whole; `detail` is the library's own message.
[[noreturn]] void ThrowDamaged(const std::string& detail, const std::filesystem::path& name);

/// A kind of image that is not read: "is a CMYK TIFF".
[[noreturn]] void ThrowUnsupported(const std::string& what, const std::filesystem::path& name);

/// An 8 or 16 bit image with its buffer allocated. Inline because opencv_codecs.cc is in a library of its
/// own.
inline Image MakeImage(Size size, int bits_per_channel) {
  Image image;
  image.size = size;
  image.bits_per_channel = bits_per_channel;
  const std::size_t num_values = static_cast<std::size_t>(size.width) * size.height * 3;
  if (bits_per_channel == 8) {
    image.rgb8.resize(num_values);
  } else {
    image.rgb16.resize(num_values);
  }
  return image;
}

/// Whether an Exif block asks for the picture to be turned or mirrored (orientation 2..8). The
/// block starts with "Exif\0\0" (JPEG) or right with its TIFF header (PNG, WebP).
bool ExifAsksToTurn(const std::uint8_t* block, std::size_t num_bytes);

}  // namespace touchstone
