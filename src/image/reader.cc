#include "touchstone/image/reader.h"

#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>

#include <cctype>
#include <string_view>

#include "decode.h"
#include "jpeg_library.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

using Decoder = Image (*)(const Bytes&, const std::filesystem::path&);

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 31;

bool HasAt(const Bytes& file, std::size_t offset, std::string_view signature) {
  if (file.size() < offset + signature.size()) return false;
  return std::string_view(reinterpret_cast<const char*>(file.data()) + offset, signature.size()) == signature;
}

bool IsPnm(const Bytes& file) {
  return file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6' &&
         (std::isspace(file[2]) != 0 || file[2] == '#');
}

bool IsTiff(const Bytes& file) {
  using namespace std::string_view_literals;
  for (std::string_view signature : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (HasAt(file, 0, signature)) return true;
  }
  return false;
}

Decoder FindDecoder(const Bytes& file) {
  if (HasAt(file, 0, "\x89PNG\r\n\x1a\n")) return &DecodePng;
  if (HasAt(file, 0, "\xff\xd8\xff")) return &DecodeJpeg;
  if (HasAt(file, 0, "BM")) return &DecodeBmp;
  if (HasAt(file, 0, "RIFF") && HasAt(file, 8, "WEBP")) return &DecodeWebp;
  if (IsTiff(file)) return &DecodeTiff;
  if (IsPnm(file)) return &DecodePnm;
  return nullptr;
}

}  // namespace

Size CheckedSize(std::uint64_t width, std::uint64_t height, const std::filesystem::path& name) {
  const bool fits = width >= 1 && height >= 1 && width <= kMaxImageSide && height <= kMaxImageSide &&
                    width * height <= kMaxImagePixels;
  if (!fits) {
    throw Error(ErrorCode::kImage,
                "is " + std::to_string(width) + "x" + std::to_string(height) + " pixels: 1 to " +
                    std::to_string(kMaxImageSide) + " a side and at most " + std::to_string(kMaxImagePixels) +
                    " in all are read; cut or shrink the image",
                name);
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

void ThrowDamaged(const std::string& detail, const std::filesystem::path& name) {
  throw Error(ErrorCode::kImage, "is cut short or damaged (" + detail + "): copy or export it again", name);
}

void ThrowUnsupported(const std::string& what, const std::filesystem::path& name) {
  throw Error(ErrorCode::kImage, what + ", which is not read: save it as gray or RGB with 8 or 16 bits",
              name);
}

Image DecodeImage(const Bytes& file_bytes, const std::filesystem::path& name_for_messages) {
  if (file_bytes.empty()) throw Error(ErrorCode::kImage, "is an empty file", name_for_messages);
  const Decoder decoder = FindDecoder(file_bytes);
  if (decoder == nullptr) {
    throw Error(ErrorCode::kImage,
                "is not an image of a known format: PNG, JPEG, BMP, TIFF, WebP and PGM/PPM/PBM are read",
                name_for_messages);
  }
  return decoder(file_bytes, name_for_messages);
}

Image ReadImage(const std::filesystem::path& file) {
  return DecodeImage(ReadFile(file, kMaxFileBytes), file);
}

std::string ImageLibraryVersions() {
#define TOUCHSTONE_TEXT_OF(x) #x
#define TOUCHSTONE_TEXT(x) TOUCHSTONE_TEXT_OF(x)
#ifdef LIBJPEG_TURBO_VERSION
  const std::string jpeg = "libjpeg-turbo " TOUCHSTONE_TEXT(LIBJPEG_TURBO_VERSION);
#else
  const std::string jpeg = "libjpeg " TOUCHSTONE_TEXT(JPEG_LIB_VERSION);
#endif
  std::string tiff = TIFFGetVersion();  // "LIBTIFF, Version 4.5.0\nCopyright ..."
  tiff = tiff.substr(0, tiff.find('\n'));
  tiff = tiff.substr(tiff.rfind(' ') + 1);
  const int webp = WebPGetDecoderVersion();  // 0xMMmmrr
  return jpeg + ", libpng " + png_get_libpng_ver(nullptr) + ", libtiff " + tiff + ", libwebp " +
         std::to_string(webp >> 16) + "." + std::to_string(webp >> 8 & 255) + "." +
         std::to_string(webp & 255) + ", OpenCV " + OpenCvVersion();
}

}  // namespace touchstone
