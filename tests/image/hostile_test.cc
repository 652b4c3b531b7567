// What a half copied disk, a dying network share or an attacker makes of good files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "fixtures.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/reader.h"

namespace touchstone {
namespace {

// Whatever a library prints while this lives fails the test.
class Silence {
 public:
  Silence() {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
  }
  ~Silence() {
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
};

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// A directory at the end of a TIFF closes with the place of the next page: libtiff does without.
constexpr std::size_t kTiffTail = 4;

std::size_t FirstDigitOfLastNumber(const Bytes& file) {
  const auto is_digit = [](std::uint8_t c) { return c >= '0' && c <= '9'; };
  const auto last = std::find_if(file.rbegin(), file.rend(), is_digit);
  return std::find_if_not(last, file.rend(), is_digit).base() - file.begin();
}

// The shortest beginning that holds everything the pixels need. Other bytes at the end (padding of
// the last row, the line feed of plain text, the next page) may go without a pixel being lost.
std::size_t NeededBytes(const std::string& name, const Bytes& file) {
  if (name == "plain.pbm") return file.size() - 1;
  if (name.rfind("plain", 0) == 0) return FirstDigitOfLastNumber(file) + 1;  // it may lose digits
  if (name == "two_pages.tif") return file.size() / 2;
  if (EndsWith(name, ".tif")) return file.size() - kTiffTail;
  return file.size();
}

TEST(TruncatedFile, IsAnErrorThatNamesTheFileWhereverItIsCut) {
  const Silence silence;
  for (const std::string& name : ReadableFormats()) {
    const Bytes file = ReadFormat(name);
    for (std::size_t length = 1; length < NeededBytes(name, file); ++length) {
      const Bytes cut(file.begin(), file.begin() + length);
      SCOPED_TRACE(name + " cut to " + std::to_string(length) + " of " + std::to_string(file.size()) +
                   " bytes");
      const Error error = ErrorOf([&] { DecodeImage(cut, name); });
      ASSERT_EQ(error.code, ErrorCode::kImage);
      EXPECT_EQ(error.where, name);
    }
  }
}

TEST(TruncatedFile, IsAnErrorWhereTheRestIsZeros) {  // a file that was laid out and not filled
  for (const std::string& name : std::vector<std::string>{"rgb.png", "rgb.jpg", "gray.jpg", "rgb_lzw.tif",
                                                          "rgb_deflate.tif", "jpeg.tif"}) {
    Bytes file = ReadFormat(name);
    std::fill(file.begin() + file.size() / 2, file.end(), std::uint8_t{0});
    EXPECT_ERROR(DecodeImage(file, name), ErrorCode::kImage, name);
  }
}

// Any answer is fine but a crash, another exception, or an image whose buffers do not fit its size.
void ExpectImageOrError(const Bytes& file, const std::string& name) {
  try {
    const Image image = DecodeImage(file, name);
    const std::size_t num_values = static_cast<std::size_t>(image.size.width) * image.size.height * 3;
    EXPECT_EQ(image.rgb8.size(), image.bits_per_channel == 8 ? num_values : 0U) << name;
    EXPECT_EQ(image.rgb16.size(), image.bits_per_channel == 16 ? num_values : 0U) << name;
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::kImage) << name << ": " << error.what();
  }
}

TEST(DamagedFile, GivesAnImageOrAnErrorForEveryFlippedBit) {
  const Silence silence;
  for (const std::string& name : ReadableFormats()) {
    const Bytes file = ReadFormat(name);
    // Headers bit by bit, the rest in strides that reach every bit position.
    for (std::size_t bit = 0; bit < file.size() * 8; bit += bit < 64 * 8 ? 1 : 11) {
      Bytes damaged = file;
      damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
      ExpectImageOrError(damaged, name);
    }
  }
}

TEST(DamagedFile, GivesAnImageOrAnErrorForRandomBytes) {
  const Silence silence;
  std::mt19937 random(7);
  for (const std::string& name : ReadableFormats()) {
    const Bytes file = ReadFormat(name);
    for (int round = 0; round < 40; ++round) {
      Bytes damaged = file;
      for (int i = 0; i < 1 + round % 8; ++i) {
        const std::size_t range = round % 2 == 0 ? std::min<std::size_t>(96, damaged.size()) : damaged.size();
        damaged[random() % range] = static_cast<std::uint8_t>(random() % 3 == 0 ? 0xFF : random());
      }
      ExpectImageOrError(damaged, name);
    }
  }
}

TEST(DamagedPng, IsAlwaysNoticedInItsPixels) {
  const Bytes file = ReadFormat("rgb.png");
  const Bytes mark{'I', 'D', 'A', 'T'};
  const auto data = std::search(file.begin(), file.end(), mark.begin(), mark.end()) - file.begin() + 4;
  for (std::size_t at = data; at < file.size() - 16; ++at) {
    Bytes damaged = file;
    damaged[at] ^= 0x10;
    EXPECT_ERROR(DecodeImage(damaged, "x.png"), ErrorCode::kImage, "x.png");
  }
}

Bytes SmallScoreMap() {
  ScoreMap map;
  map.size = {5, 4};
  map.values.assign(20, 0.75F);
  return EncodeScoreMap(map);
}

TEST(DamagedScoreMap, GivesAMapOrAnErrorForEveryFlippedBit) {
  const Bytes file = SmallScoreMap();
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    Bytes damaged = file;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
    try {
      const ScoreMap read = DecodeScoreMap(damaged, "map.tiff");
      EXPECT_EQ(read.values.size(), static_cast<std::size_t>(read.size.width) * read.size.height);
    } catch (const Error& error) {
      EXPECT_TRUE(error.code == ErrorCode::kImage || error.code == ErrorCode::kNotFinite) << error.what();
    }
  }
}

TEST(DamagedScoreMap, IsAnErrorWhereverItIsCut) {
  const Bytes file = SmallScoreMap();
  for (std::size_t length = 0; length < file.size() - kTiffTail; ++length) {
    const Bytes cut(file.begin(), file.begin() + length);
    EXPECT_ERROR(DecodeScoreMap(cut, "map.tiff"), ErrorCode::kImage, "map.tiff");
  }
}

}  // namespace
}  // namespace touchstone
