#include <libdeflate.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "touchstone/image/encode.h"

// A PNG file is a signature and chunks [PNG specification, 2nd edition, ISO/IEC 15948:2003]. The pixels'
// bytes, each row with its filter in front, are compressed by libdeflate, which has them all at once: at the
// same level a third of the time that libpng takes, whose zlib gets them row by row.

namespace touchstone {
namespace {

constexpr std::uint8_t kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::uint8_t kGray = 0, kRgb = 2;  // colour types
constexpr std::uint8_t kSub = 1;             // filter: each byte minus that of the pixel to its left
constexpr std::size_t kMaxChunk = std::size_t{1} << 30;  // the format allows nearly 2^31

void AppendNumber(std::uint32_t number, Bytes* file) {
  for (int shift = 24; shift >= 0; shift -= 8) file->push_back(static_cast<std::uint8_t>(number >> shift));
}

void AppendChunk(const char* type, const std::uint8_t* data, std::size_t size, Bytes* file) {
  AppendNumber(static_cast<std::uint32_t>(size), file);
  const std::size_t start = file->size();
  file->insert(file->end(), type, type + 4);
  file->insert(file->end(), data, data + size);
  AppendNumber(libdeflate_crc32(0, file->data() + start, file->size() - start), file);
}

template <typename Value>
bool IsGray(const std::vector<Value>& rgb) {
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    if (rgb[i] != rgb[i + 1] || rgb[i] != rgb[i + 2]) return false;
  }
  return true;
}

// Samples of one row in the order of the file's bytes, highest first.
void StoreRow(const std::uint8_t* row, std::size_t count, std::size_t step, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = row[i * step];
}
void StoreRow(const std::uint16_t* row, std::size_t count, std::size_t step, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    out[2 * i] = static_cast<std::uint8_t>(row[i * step] >> 8);
    out[2 * i + 1] = static_cast<std::uint8_t>(row[i * step]);
  }
}

// All rows, filtered. One filter for all: trying them all costs more time than it saves bytes.
template <typename Value>
Bytes FilteredRows(const std::vector<Value>& rgb, Size size, bool is_gray) {
  const std::size_t samples = is_gray ? 1 : 3;
  const std::size_t row_samples = static_cast<std::size_t>(size.width) * samples;
  const std::size_t row_bytes = row_samples * sizeof(Value), pixel_bytes = samples * sizeof(Value);
  Bytes rows((row_bytes + 1) * static_cast<std::size_t>(size.height));
  Bytes stored(row_bytes);
  for (std::size_t y = 0; y < static_cast<std::size_t>(size.height); ++y) {
    StoreRow(rgb.data() + y * static_cast<std::size_t>(size.width) * 3, row_samples, is_gray ? 3 : 1,
             stored.data());
    std::uint8_t* out = rows.data() + y * (row_bytes + 1);
    out[0] = kSub;
    std::copy_n(stored.data(), std::min(pixel_bytes, row_bytes), out + 1);
    for (std::size_t i = pixel_bytes; i < row_bytes; ++i) {
      out[1 + i] = static_cast<std::uint8_t>(stored[i] - stored[i - pixel_bytes]);
    }
  }
  return rows;
}

Bytes Compressed(const Bytes& bytes, int level) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(level), &libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  Bytes packed(libdeflate_zlib_compress_bound(compressor.get(), bytes.size()));
  packed.resize(
      libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), packed.data(), packed.size()));
  return packed;
}

template <typename Value>
Bytes EncodePngOf(const std::vector<Value>& rgb, Size size, int level) {
  const bool is_gray = IsGray(rgb);
  const Bytes packed = Compressed(FilteredRows(rgb, size, is_gray), level);
  Bytes header;
  AppendNumber(static_cast<std::uint32_t>(size.width), &header);
  AppendNumber(static_cast<std::uint32_t>(size.height), &header);
  header.insert(header.end(), {8 * sizeof(Value), is_gray ? kGray : kRgb, 0, 0, 0});
  Bytes file;
  file.reserve(packed.size() + packed.size() / kMaxChunk * 12 + 128);
  file.insert(file.end(), std::begin(kSignature), std::end(kSignature));
  AppendChunk("IHDR", header.data(), header.size(), &file);
  for (std::size_t at = 0; at < packed.size(); at += kMaxChunk) {
    AppendChunk("IDAT", packed.data() + at, std::min(kMaxChunk, packed.size() - at), &file);
  }
  AppendChunk("IEND", nullptr, 0, &file);
  return file;
}

}  // namespace

Bytes EncodePng(const Image& image, int compression_level) {
  if (compression_level < 0 || compression_level > 9) throw std::logic_error("EncodePng: compression level");
  return image.bits_per_channel > 8 ? EncodePngOf(image.rgb16, image.size, compression_level)
                                    : EncodePngOf(image.rgb8, image.size, compression_level);
}

}  // namespace touchstone
