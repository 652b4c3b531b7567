#include <array>
#include <cstdlib>
#include <string>

#include "decode.h"

// OpenCV decodes the pixels. Looked at beforehand is what it would take for granted (masks of 32 bits, a
// size within our limits) or would report on stderr: a header, palette or rows that the file is too short
// for.

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kUncompressed = 0;
constexpr std::uint32_t kBitFields = 3;
constexpr std::uint32_t kOs2InfoBytes = 12;
constexpr std::uint32_t kPlainInfoBytes = 40;

using Masks = std::array<std::uint32_t, 3>;  // red, green, blue
constexpr Masks kMasks555{0x7C00, 0x03E0, 0x001F};
constexpr Masks kMasks565{0xF800, 0x07E0, 0x001F};
constexpr Masks kMasks888{0xFF0000, 0x00FF00, 0x0000FF};

struct BmpHeader {
  Size size;
  std::uint64_t pixels_at = 0;
  std::uint32_t info_bytes = 0;
  std::uint32_t bits_per_pixel = 0;
  std::uint32_t compression = kUncompressed;
  std::uint32_t num_colors = 0;  // of the palette
  Masks masks{};                 // zeros without bit fields
};

class LittleEndian {
 public:
  LittleEndian(const Bytes& file, const fs::path& name) : file_(file), name_(name) {}
  std::uint32_t U16(std::size_t at) const {
    if (at + 2 > file_.size()) ThrowDamaged("its header ends early", name_);
    return file_[at] | static_cast<std::uint32_t>(file_[at + 1]) << 8;
  }
  std::uint32_t U32(std::size_t at) const { return U16(at) | U16(at + 2) << 16; }

 private:
  const Bytes& file_;
  const fs::path& name_;
};

// The sizes of the known info headers: OS/2 1, Windows 3, with masks, with alpha mask, 4, 5.
bool IsKnownInfoHeader(std::uint32_t num_bytes) {
  for (std::uint32_t known : {kOs2InfoBytes, kPlainInfoBytes, 52U, 56U, 108U, 124U}) {
    if (num_bytes == known) return true;
  }
  return false;
}

BmpHeader ReadHeader(const Bytes& file, const fs::path& name) {
  const LittleEndian in(file, name);
  BmpHeader header;
  header.pixels_at = in.U32(10);
  header.info_bytes = in.U32(14);
  if (!IsKnownInfoHeader(header.info_bytes)) ThrowDamaged("its info header has an unknown length", name);
  const bool is_os2 = header.info_bytes == kOs2InfoBytes;
  const std::int64_t width = is_os2 ? std::int64_t{in.U16(18)} : static_cast<std::int32_t>(in.U32(18));
  const std::int64_t height = is_os2 ? std::int64_t{in.U16(20)} : static_cast<std::int32_t>(in.U32(22));
  header.size = CheckedSize(width < 0 ? 0 : width, std::abs(height), name);
  header.bits_per_pixel = in.U16(is_os2 ? 24 : 28);
  if (!is_os2) {
    header.compression = in.U32(30);
    header.num_colors = in.U32(46);
  }
  if (header.bits_per_pixel <= 8 && header.num_colors == 0) header.num_colors = 1U << header.bits_per_pixel;
  if (header.compression == kBitFields) header.masks = {in.U32(54), in.U32(58), in.U32(62)};
  return header;
}

void CheckKind(const BmpHeader& header, const fs::path& name) {
  const std::uint32_t bits = header.bits_per_pixel;
  const std::uint32_t compression = header.compression;
  if (compression == 1 || compression == 2) ThrowUnsupported("is a run-length coded BMP", name);
  const bool is_known = compression == kUncompressed
                            ? bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32
                            : compression == kBitFields && (bits == 16 || bits == 32);
  if (!is_known || (bits == 16 && header.info_bytes == kOs2InfoBytes)) {
    ThrowUnsupported(
        "is a BMP of " + std::to_string(bits) + " bits and compression " + std::to_string(compression), name);
  }
  if (compression != kBitFields) return;
  // Masks inside a longer info header OpenCV looks for behind it, those of 32 bits it does not look at.
  const bool is_usual = bits == 32 ? header.masks == kMasks888
                                   : header.info_bytes == kPlainInfoBytes &&
                                         (header.masks == kMasks555 || header.masks == kMasks565);
  if (!is_usual) ThrowUnsupported("is a BMP with bit fields of no usual shape", name);
}

void CheckLength(const BmpHeader& header, std::size_t file_bytes, const fs::path& name) {
  const bool has_palette = header.bits_per_pixel <= 8;
  if (has_palette && header.num_colors > 256) {
    ThrowDamaged("a palette of " + std::to_string(header.num_colors) + " colours", name);
  }
  const std::uint64_t entry_bytes = header.info_bytes == kOs2InfoBytes ? 3 : 4;
  const std::uint64_t header_end =
      14 + header.info_bytes + (has_palette ? header.num_colors * entry_bytes : 0);
  const std::uint64_t row_bytes =
      (std::uint64_t{1} * header.size.width * header.bits_per_pixel + 31) / 32 * 4;
  if (header_end > file_bytes || header.pixels_at + row_bytes * header.size.height > file_bytes) {
    ThrowDamaged("fewer bytes than the image needs", name);
  }
}

// OpenCV puts 5 or 6 bits on top of zeros; spread over 0..255 they are what Pillow makes of them.
void SpreadBits(int green_bits, Image& image) {
  const auto spread = [](std::uint8_t value, int bits) {
    return static_cast<std::uint8_t>((value >> (8 - bits)) * 255 / ((1 << bits) - 1));
  };
  for (std::size_t i = 0; i < image.rgb8.size(); i += 3) {
    image.rgb8[i] = spread(image.rgb8[i], 5);
    image.rgb8[i + 1] = spread(image.rgb8[i + 1], green_bits);
    image.rgb8[i + 2] = spread(image.rgb8[i + 2], 5);
  }
}

}  // namespace

Image DecodeBmp(const Bytes& file, const fs::path& name) {
  const BmpHeader header = ReadHeader(file, name);
  CheckKind(header, name);
  CheckLength(header, file.size(), name);
  Image image = DecodeWithOpenCv(file, header.size, name);
  if (header.bits_per_pixel == 16) SpreadBits(header.masks == kMasks565 ? 6 : 5, image);
  return image;
}

}  // namespace touchstone
