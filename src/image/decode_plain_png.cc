#include "decode_plain_png.h"

#include <libdeflate.h>

#include <cstring>
#include <memory>
#include <new>

#include "png_filters.h"

// [PNG specification, 2nd edition, ISO/IEC 15948:2003]: a signature, then chunks of length, type, data and
// checksum. The data of all IDAT chunks together are one zlib stream of rows, each a filter's number and its
// bytes.

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSignatureBytes = 8;
constexpr std::uint64_t kMostPacked = 1032;  // deflate never packs more than this many bytes into one

std::uint32_t NumberAt(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

struct Chunk {
  const std::uint8_t* type = nullptr;
  const std::uint8_t* data = nullptr;
  std::uint32_t size = 0;

  bool Is(const char* name) const { return std::memcmp(type, name, 4) == 0; }
  bool IsCritical() const { return (type[0] & 0x20) == 0; }
};

// The chunk at `*at`, which moves behind it; false where it is cut short or its checksum is wrong.
bool NextChunk(const Bytes& file, std::size_t* at, Chunk* chunk) {
  constexpr std::size_t kAround = 12;  // length, type, checksum
  if (file.size() - *at < kAround) return false;
  const std::uint8_t* start = file.data() + *at;
  chunk->size = NumberAt(start);
  if (chunk->size > file.size() - *at - kAround) return false;
  chunk->type = start + 4;
  chunk->data = start + 8;
  *at += kAround + chunk->size;
  return libdeflate_crc32(0, chunk->type, std::size_t{4} + chunk->size) ==
         NumberAt(chunk->data + chunk->size);
}

struct Header {
  std::uint64_t width = 0, height = 0;
  std::size_t samples = 0;  // a pixel

  std::size_t row_bytes() const { return width * samples; }
};

std::optional<Header> PlainHeader(const Chunk& chunk) {
  if (!chunk.Is("IHDR") || chunk.size != 13) return {};
  const std::uint8_t* fields = chunk.data;
  Header header{NumberAt(fields), NumberAt(fields + 4), 0};
  constexpr std::size_t kSamples[] = {1, 0, 3, 0, 2, 0, 4};  // by colour type: gray, RGB, each with alpha
  const bool is_plain =
      fields[8] == 8 && fields[9] < 7 && fields[10] == 0 && fields[11] == 0 && fields[12] == 0;
  if (is_plain) header.samples = kSamples[fields[9]];
  return header.samples != 0 ? std::optional<Header>(header) : std::nullopt;
}

// The data of all IDAT chunks; nothing where a chunk is damaged, out of place or of a kind that matters.
std::optional<Bytes> PackedRows(const Bytes& file, std::size_t at) {
  Bytes packed;
  Chunk chunk;
  bool has_begun = false, is_over = false;  // the run of IDAT chunks
  while (NextChunk(file, &at, &chunk)) {
    if (chunk.Is("IEND")) return packed;
    if (chunk.Is("IDAT")) {
      if (is_over) return {};
      has_begun = true;
      packed.insert(packed.end(), chunk.data, chunk.data + chunk.size);
      continue;
    }
    is_over = has_begun;
    // Exif may ask for a turn, and tRNS makes pixels transparent: rare here, and libpng knows them.
    if (chunk.IsCritical() || chunk.Is("eXIf") || chunk.Is("tRNS")) return {};
  }
  return {};
}

std::optional<Bytes> Unpacked(const Bytes& packed, std::size_t num_bytes) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (!decompressor) throw std::bad_alloc();
  Bytes rows(num_bytes + kPngReadBeyond);
  const libdeflate_result result = libdeflate_zlib_decompress(decompressor.get(), packed.data(),
                                                              packed.size(), rows.data(), num_bytes, nullptr);
  return result == LIBDEFLATE_SUCCESS ? std::optional<Bytes>(std::move(rows)) : std::nullopt;
}

// RGB of one row: gray three times, alpha dropped.
template <std::size_t kSamples>
void StoreRgb(const std::uint8_t* row, std::size_t width, std::uint8_t* rgb) {
  if constexpr (kSamples == 3) {
    std::memcpy(rgb, row, 3 * width);
  } else {
    constexpr std::size_t kStep = kSamples == 4 ? 1 : 0;
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t c = 0; c < 3; ++c) rgb[3 * x + c] = row[kSamples * x + c * kStep];
    }
  }
}

template <std::size_t kSamples>
bool StorePixels(Bytes* rows, Image* image) {
  const auto width = static_cast<std::size_t>(image->size.width);
  const std::size_t num_bytes = width * kSamples;
  const Bytes zeros(num_bytes + kPngReadBeyond);
  const std::uint8_t* above = zeros.data();
  const PngUnfilter sse2 = Sse2Unfilter(), unfilter = sse2 != nullptr ? sse2 : &UnfilterPortably;
  for (std::size_t y = 0; y < static_cast<std::size_t>(image->size.height); ++y) {
    std::uint8_t* row = rows->data() + y * (num_bytes + 1) + 1;
    if (row[-1] > 4) return false;  // no such filter
    unfilter(row[-1], kSamples, above, num_bytes, row);
    StoreRgb<kSamples>(row, width, image->rgb8.data() + y * width * 3);
    above = row;
  }
  return true;
}

}  // namespace

std::optional<Image> DecodePlainPng(const Bytes& file, const fs::path& name) {
  std::size_t at = kSignatureBytes;
  Chunk chunk;
  if (file.size() < kSignatureBytes || !NextChunk(file, &at, &chunk)) return {};
  const std::optional<Header> header = PlainHeader(chunk);
  if (!header) return {};
  const Size size = CheckedSize(header->width, header->height, name);
  const std::uint64_t num_bytes = (header->row_bytes() + 1) * header->height;
  if (num_bytes / kMostPacked > file.size()) return {};  // not worth its memory
  const std::optional<Bytes> packed = PackedRows(file, at);
  if (!packed) return {};
  std::optional<Bytes> rows = Unpacked(*packed, num_bytes);
  if (!rows) return {};
  Image image = MakeImage(size, 8);
  constexpr bool (*kStore[])(Bytes*, Image*) = {nullptr, &StorePixels<1>, &StorePixels<2>, &StorePixels<3>,
                                                &StorePixels<4>};
  return kStore[header->samples](&*rows, &image) ? std::optional<Image>(std::move(image)) : std::nullopt;
}

}  // namespace touchstone
