#include <array>
#include <cstdlib>
#include <string>

#include "decode.h"

// Uncompressed BMP is a header and rows of pixels. No small packaged library reads it: OpenCV's
// comes with all of imgcodecs (see CMakeLists.txt) and prints to stderr.

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kUncompressed = 0;
constexpr std::uint32_t kBitFields = 3;
constexpr std::uint32_t kAlphaBitFields = 6;

struct BmpHeader {
  Size size;
  bool is_top_down = false;
  int bits_per_pixel = 0;
  std::size_t pixels_at = 0;
  std::size_t row_bytes = 0;             // from row to row: a multiple of 4
  std::array<std::uint32_t, 3> masks{};  // red, green, blue; 16 and 32 bits only
  std::size_t palette_at = 0;
  std::size_t palette_entry_bytes = 4;
  std::size_t palette_entries = 0;
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

void ReadMasks(const LittleEndian& in, std::uint32_t compression, BmpHeader& header) {
  if (compression == kUncompressed) {
    header.masks = header.bits_per_pixel == 16 ? std::array<std::uint32_t, 3>{0x7C00, 0x03E0, 0x001F}
                                               : std::array<std::uint32_t, 3>{0xFF0000, 0x00FF00, 0x0000FF};
    return;
  }
  for (std::size_t c = 0; c < 3; ++c) header.masks[c] = in.U32(54 + 4 * c);
}

void ReadPaletteLayout(const LittleEndian& in, std::size_t info_bytes, BmpHeader& header) {
  const std::uint32_t num_used = info_bytes == 12 ? 0 : in.U32(46);
  const std::uint32_t most = 1U << header.bits_per_pixel;
  header.palette_at = 14 + info_bytes;
  header.palette_entry_bytes = info_bytes == 12 ? 3 : 4;
  header.palette_entries = num_used == 0 || num_used > most ? most : num_used;
}

// The sizes of the known info headers: OS/2 1, Windows 3, with masks, with alpha mask, 4, 5.
bool IsKnownInfoHeader(std::uint32_t num_bytes) {
  for (std::uint32_t known : {12U, 40U, 52U, 56U, 108U, 124U}) {
    if (num_bytes == known) return true;
  }
  return false;
}

void CheckKind(const BmpHeader& header, std::uint32_t compression, const fs::path& name) {
  const int bits = header.bits_per_pixel;
  if (compression == 1 || compression == 2) ThrowUnsupported("is a run-length coded BMP", name);
  const bool has_fields = compression == kBitFields || compression == kAlphaBitFields;
  const bool known = compression == kUncompressed
                         ? bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32
                         : has_fields && (bits == 16 || bits == 32);
  if (!known) {
    ThrowUnsupported(
        "is a BMP of " + std::to_string(bits) + " bits and compression " + std::to_string(compression), name);
  }
}

BmpHeader ReadHeader(const Bytes& file, const fs::path& name) {
  const LittleEndian in(file, name);
  BmpHeader header;
  header.pixels_at = in.U32(10);
  const std::uint32_t info_bytes = in.U32(14);
  if (!IsKnownInfoHeader(info_bytes)) ThrowDamaged("its info header has an unknown length", name);
  const bool is_os2 = info_bytes == 12;
  const std::int64_t width = is_os2 ? std::int64_t{in.U16(18)} : static_cast<std::int32_t>(in.U32(18));
  const std::int64_t height = is_os2 ? std::int64_t{in.U16(20)} : static_cast<std::int32_t>(in.U32(22));
  header.bits_per_pixel = static_cast<int>(in.U16(is_os2 ? 24 : 28));
  const std::uint32_t compression = is_os2 ? kUncompressed : in.U32(30);
  CheckKind(header, compression, name);
  header.size = CheckedSize(width < 0 ? 0 : width, std::abs(height), name);
  header.is_top_down = height < 0;
  header.row_bytes = (static_cast<std::size_t>(header.size.width) * header.bits_per_pixel + 31) / 32 * 4;
  if (header.bits_per_pixel <= 8) ReadPaletteLayout(in, info_bytes, header);
  if (header.bits_per_pixel == 16 || header.bits_per_pixel == 32) ReadMasks(in, compression, header);
  return header;
}

// Reads one row into RGB; `row` holds header.row_bytes bytes (the last row: without its padding).
class RowReader {
 public:
  RowReader(const Bytes& file, const BmpHeader& header, const fs::path& name)
      : header_(header), name_(name), palette_(file.data() + header.palette_at) {
    for (std::size_t c = 0; c < 3 && header.masks[0] != 0; ++c) fields_[c] = MakeField(header.masks[c]);
  }

  void Read(const std::uint8_t* row, std::uint8_t* rgb) const {
    switch (header_.bits_per_pixel) {
      case 16:
      case 32:
        return ReadFields(row, rgb);
      case 24:
        return ReadTriples(row, rgb);
      default:
        return ReadIndices(row, rgb);
    }
  }

 private:
  struct Field {
    int shift = 0;
    std::uint32_t most = 0;
  };

  Field MakeField(std::uint32_t mask) const {
    Field field;
    while (mask != 0 && (mask >> field.shift & 1) == 0) ++field.shift;
    field.most = mask == 0 ? 0 : mask >> field.shift;
    if (field.most == 0 || field.most > 255 || (field.most & (field.most + 1)) != 0) {
      ThrowUnsupported("is a BMP with bit fields of no usual shape", name_);
    }
    return field;
  }

  void ReadFields(const std::uint8_t* row, std::uint8_t* rgb) const {
    const int num_bytes = header_.bits_per_pixel / 8;
    for (int x = 0; x < header_.size.width; ++x, row += num_bytes, rgb += 3) {
      std::uint32_t pixel = 0;
      for (int i = 0; i < num_bytes; ++i) pixel |= static_cast<std::uint32_t>(row[i]) << (8 * i);
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint32_t value = pixel >> fields_[c].shift & fields_[c].most;
        rgb[c] = static_cast<std::uint8_t>(value * 255 / fields_[c].most);
      }
    }
  }

  void ReadTriples(const std::uint8_t* row, std::uint8_t* rgb) const {
    for (int x = 0; x < header_.size.width; ++x, row += 3, rgb += 3) {
      rgb[0] = row[2];
      rgb[1] = row[1];
      rgb[2] = row[0];
    }
  }

  void ReadIndices(const std::uint8_t* row, std::uint8_t* rgb) const {
    const int bits = header_.bits_per_pixel;
    for (int x = 0; x < header_.size.width; ++x, rgb += 3) {
      const int first_bit = x * bits;
      const std::size_t index = row[first_bit / 8] >> (8 - bits - first_bit % 8) & ((1 << bits) - 1);
      if (index >= header_.palette_entries) ThrowDamaged("a pixel points behind the palette", name_);
      const std::uint8_t* bgr = palette_ + index * header_.palette_entry_bytes;
      rgb[0] = bgr[2];
      rgb[1] = bgr[1];
      rgb[2] = bgr[0];
    }
  }

  const BmpHeader& header_;
  const fs::path& name_;
  const std::uint8_t* palette_;
  std::array<Field, 3> fields_{};
};

}  // namespace

Image DecodeBmp(const Bytes& file, const fs::path& name) {
  const BmpHeader header = ReadHeader(file, name);
  const std::size_t height = header.size.height;
  const std::size_t last_row_bytes =
      (static_cast<std::size_t>(header.size.width) * header.bits_per_pixel + 7) / 8;
  const std::size_t palette_end = header.palette_at + header.palette_entries * header.palette_entry_bytes;
  if (header.pixels_at + header.row_bytes * (height - 1) + last_row_bytes > file.size() ||
      palette_end > file.size()) {
    ThrowDamaged("fewer bytes than the image needs", name);
  }
  Image image = MakeImage(header.size, 8);
  const RowReader reader(file, header, name);
  for (std::size_t y = 0; y < height; ++y) {
    const std::size_t stored_row = header.is_top_down ? y : height - 1 - y;
    reader.Read(file.data() + header.pixels_at + stored_row * header.row_bytes,
                image.rgb8.data() + y * header.size.width * 3);
  }
  return image;
}

}  // namespace touchstone
