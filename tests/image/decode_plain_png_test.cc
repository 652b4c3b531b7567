// The fast decoder of common PNGs beside libpng, its slow twin: the same pixels, or nothing.
#include "decode_plain_png.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "fixtures.h"
#include "png_filters.h"

namespace touchstone {
namespace {

constexpr std::size_t kSamplesOf[] = {1, 0, 3, 0, 2, 0, 4};  // by colour type

void AppendNumber(std::size_t number, Bytes* bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes->push_back(static_cast<std::uint8_t>(number >> shift));
}

void AppendChunk(const std::string& type, const Bytes& data, Bytes* file) {
  AppendNumber(data.size(), file);
  const std::size_t start = file->size();
  file->insert(file->end(), type.begin(), type.end());
  file->insert(file->end(), data.begin(), data.end());
  AppendNumber(libdeflate_crc32(0, file->data() + start, file->size() - start), file);
}

Bytes Packed(const Bytes& bytes) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  Bytes packed(libdeflate_zlib_compress_bound(compressor, bytes.size()));
  packed.resize(
      libdeflate_zlib_compress(compressor, bytes.data(), bytes.size(), packed.data(), packed.size()));
  libdeflate_free_compressor(compressor);
  return packed;
}

// What the specification predicts a byte to be.
int Prediction(int filter, int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int pa = std::abs(estimate - left), pb = std::abs(estimate - above), pc = std::abs(estimate - corner);
  const int paeth = pa <= pb && pa <= pc ? left : pb <= pc ? above : corner;
  const int predictions[] = {0, left, above, (left + above) / 2, paeth};
  return predictions[filter];
}

struct PlainPng {
  Size size;
  int colour_type = 2;
  Bytes samples;             // [height * width * samples]
  std::vector<int> filters;  // [height]
  std::vector<std::size_t> chunk_bytes = {std::size_t{1}
                                          << 20};  // sizes of IDAT chunks, the last over and over

  Bytes Rows() const {
    const std::size_t step = kSamplesOf[colour_type], row_bytes = static_cast<std::size_t>(size.width) * step;
    Bytes rows;
    for (std::size_t y = 0; y < filters.size(); ++y) {
      rows.push_back(static_cast<std::uint8_t>(filters[y]));
      for (std::size_t i = 0; i < row_bytes; ++i) {
        const auto at = [&](std::size_t up, std::size_t back) {
          return y < up || i < back ? 0 : int{samples[(y - up) * row_bytes + i - back]};
        };
        const int prediction = Prediction(filters[y] % 5, at(0, step), at(1, 0), at(1, step));
        rows.push_back(static_cast<std::uint8_t>(at(0, 0) - prediction));
      }
    }
    return rows;
  }

  Bytes File() const { return FileOf(Packed(Rows())); }

  Bytes FileOf(const Bytes& packed) const {
    Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, header;
    AppendNumber(static_cast<std::size_t>(size.width), &header);
    AppendNumber(static_cast<std::size_t>(size.height), &header);
    header.insert(header.end(), {8, static_cast<std::uint8_t>(colour_type), 0, 0, 0});
    AppendChunk("IHDR", header, &file);
    AppendChunk("tEXt", {'a', 0, 'b'}, &file);
    for (std::size_t at = 0, i = 0; at < packed.size(); ++i) {
      const std::size_t end = std::min(packed.size(), at + chunk_bytes[std::min(i, chunk_bytes.size() - 1)]);
      AppendChunk("IDAT",
                  Bytes(packed.begin() + static_cast<std::ptrdiff_t>(at),
                        packed.begin() + static_cast<std::ptrdiff_t>(end)),
                  &file);
      at = end;
    }
    AppendChunk("IEND", {}, &file);
    return file;
  }

  std::vector<std::uint8_t> Rgb() const {
    const std::size_t step = kSamplesOf[colour_type];
    std::vector<std::uint8_t> rgb;
    for (std::size_t p = 0; p < samples.size(); p += step) {
      for (std::size_t c = 0; c < 3; ++c) rgb.push_back(samples[p + (step >= 3 ? c : 0)]);
    }
    return rgb;
  }
};

PlainPng Draw(std::mt19937& random, Size size, int colour_type) {
  PlainPng png;
  png.size = size;
  png.colour_type = colour_type;
  const std::size_t count = static_cast<std::size_t>(size.width) * size.height * kSamplesOf[colour_type];
  const bool is_smooth = random() % 2 == 0;  // or noise: neighbours that differ by more than half the range
  for (std::size_t i = 0; i < count; ++i)
    png.samples.push_back(static_cast<std::uint8_t>(is_smooth ? i / 7 + random() % 3 : random()));
  for (int y = 0; y < size.height; ++y) png.filters.push_back(static_cast<int>(random() % 5));
  return png;
}

TEST(DecodePlainPng, UndoesEveryFilterOfEveryKind) {
  std::mt19937 random(1);
  for (const int colour_type : {0, 2, 4, 6}) {
    for (const int width : {1, 2, 3, 7, 8, 9, 31, 33}) {
      for (const int height : {1, 2, 17}) {
        PlainPng png = Draw(random, {width, height}, colour_type);
        png.chunk_bytes = {1, 0, 5};
        const Bytes file = png.File();
        const std::optional<Image> image = DecodePlainPng(file, "x.png");
        ASSERT_TRUE(image.has_value()) << colour_type << " " << width << "x" << height;
        EXPECT_EQ(image->size, png.size);
        EXPECT_EQ(image->bits_per_channel, 8);
        EXPECT_EQ(image->rgb8, png.Rgb());
        EXPECT_EQ(image->rgb8, DecodePngByLibpng(file, "x.png").rgb8);
      }
    }
  }
}

TEST(PngFilters, AreTheSameWithSse2) {
  const PngUnfilter sse2 = Sse2Unfilter();
  if (sse2 == nullptr) GTEST_SKIP() << "no SSE2 on this machine";
  std::mt19937 random(4);
  for (const std::size_t samples : {1U, 2U, 3U, 4U}) {
    for (const std::size_t width : {1U, 2U, 3U, 15U, 16U, 17U, 64U}) {
      for (int filter = 0; filter < 5; ++filter) {
        const std::size_t num_bytes = width * samples;
        Bytes above(num_bytes + kPngReadBeyond), row(num_bytes + kPngReadBeyond);
        for (std::uint8_t& byte : above) byte = static_cast<std::uint8_t>(random());
        for (std::uint8_t& byte : row) byte = static_cast<std::uint8_t>(random());
        Bytes expected = row;
        UnfilterPortably(filter, samples, above.data(), num_bytes, expected.data());
        sse2(filter, samples, above.data(), num_bytes, row.data());
        EXPECT_EQ(row, expected) << samples << " samples, " << width << " wide, filter " << filter;
      }
    }
  }
}

TEST(DecodePlainPng, AgreesWithLibpngOnEveryFormatItTakes) {
  int num_taken = 0;
  for (const std::string& name : ReadableFormats()) {
    if (name.size() < 4 || name.substr(name.size() - 4) != ".png") continue;
    const Bytes file = ReadFormat(name);
    const std::optional<Image> plain = DecodePlainPng(file, name);
    if (!plain) continue;
    ++num_taken;
    const Image expected = DecodePngByLibpng(file, name);
    EXPECT_EQ(plain->rgb8, expected.rgb8) << name;
    EXPECT_EQ(plain->bits_per_channel, expected.bits_per_channel) << name;
    EXPECT_EQ(plain->has_exif_orientation, expected.has_exif_orientation) << name;
  }
  EXPECT_GE(num_taken, 3);
  for (const char* name : {"rgb.png", "gray.png", "gray_alpha.png"})
    EXPECT_TRUE(DecodePlainPng(ReadFormat(name), name).has_value()) << name;
}

TEST(DecodePlainPng, LeavesToLibpngWhatIsNotWhole) {
  std::mt19937 random(2);
  const PlainPng png = Draw(random, {9, 6}, 2);
  const Bytes file = png.File();
  for (std::size_t length = 0; length < file.size(); ++length) {
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(DecodePlainPng(cut, "x.png").has_value()) << length;
  }
  for (std::size_t at = 8; at < file.size(); ++at) {  // checksums notice every damaged byte
    Bytes damaged = file;
    damaged[at] ^= 0x10;
    EXPECT_FALSE(DecodePlainPng(damaged, "x.png").has_value()) << at;
  }
  PlainPng filter_of_tomorrow = png;
  filter_of_tomorrow.filters[3] = 5;
  EXPECT_FALSE(DecodePlainPng(filter_of_tomorrow.File(), "x.png").has_value());
  PlainPng fewer_rows = png;
  fewer_rows.filters.pop_back();
  EXPECT_FALSE(DecodePlainPng(fewer_rows.File(), "x.png").has_value());
  PlainPng more_rows = png;
  more_rows.size.height = 5;
  EXPECT_FALSE(DecodePlainPng(more_rows.File(), "x.png").has_value());
}

// Damage below checksums that are right: whatever the fast decoder takes, libpng takes for the same pixels.
TEST(DecodePlainPng, AgreesWithLibpngOnDamagedStreams) {
  std::mt19937 random(3);
  int num_taken = 0;
  for (int i = 0; i < 3000; ++i) {
    PlainPng png = Draw(random, {12, 8}, i % 2 == 0 ? 2 : 0);
    Bytes rows = png.Rows();
    if (i % 3 == 0) rows[random() % rows.size()] = static_cast<std::uint8_t>(random());
    Bytes packed = Packed(rows);
    if (i % 3 != 0) packed[random() % packed.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    if (i % 3 == 2) packed.resize(packed.size() - random() % 5);
    const Bytes file = png.FileOf(packed);
    const std::optional<Image> plain = DecodePlainPng(file, "x.png");
    if (!plain) continue;
    ++num_taken;
    EXPECT_EQ(plain->rgb8, DecodePngByLibpng(file, "x.png").rgb8) << i;
  }
  EXPECT_GT(num_taken, 500);
}

TEST(DecodePlainPng, RefusesSizesBeyondTheLimitsBeforeItAllocates) {
  PlainPng png;
  png.size = {1 << 21, 1};
  EXPECT_ERROR(DecodePlainPng(png.FileOf({0}), "x.png"), ErrorCode::kImage, "x.png");
  png.size = {16000, 16000};  // 768 MB claimed by a file of 100 bytes
  EXPECT_FALSE(DecodePlainPng(png.FileOf({0}), "x.png").has_value());
}

}  // namespace
}  // namespace touchstone
