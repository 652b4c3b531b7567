#include "touchstone/report/thumbnail.h"

#include <gtest/gtest.h>

#include <random>

#include "touchstone/image/reader.h"

namespace touchstone {
namespace {

Image Noise(Size size) {
  std::mt19937 random(1);
  Image image;
  image.size = size;
  for (int i = 0; i < size.width * size.height * 3; ++i)
    image.rgb8.push_back(static_cast<std::uint8_t>(random()));
  return image;
}

TEST(MakeThumbnail, FitsWhateverThePicture) {
  for (const Size size : {Size{1, 1}, Size{3, 900}, Size{256, 256}, Size{640, 480}}) {
    for (const std::size_t max_bytes : {200, 2700, 16000, 40000}) {
      const Bytes file = MakeThumbnail(Noise(size), max_bytes);
      EXPECT_LE(file.size(), max_bytes);
      const Size small = DecodeImage(file, "").size;
      EXPECT_LE(std::max(small.width, small.height), ThumbnailSide(max_bytes));
    }
  }
}

TEST(MakeThumbnail, KeepsTheSizeOfAQuietPicture) {
  Image gray;
  gray.size = {512, 256};
  gray.rgb8.assign(512 * 256 * 3, 90);
  EXPECT_EQ(DecodeImage(MakeThumbnail(gray, 2700), "").size, (Size{256, 128}));
  EXPECT_EQ(DecodeImage(MakeThumbnail(gray, kMaxThumbnailBytes), "").size, (Size{512, 256}));
}

TEST(ThumbnailBytes, ShareAPage) {
  EXPECT_EQ(ThumbnailBytes(0), ThumbnailBytes(100000));
  EXPECT_EQ(ThumbnailBytes(1), kMaxThumbnailBytes);
  for (std::size_t n = 1; n < 500; ++n) EXPECT_LE(n * ThumbnailBytes(n), 500 * ThumbnailBytes(500));
}

TEST(MakeMaskThumbnail, LosesNoDefect) {
  Mask mask{{1000, 600}, std::vector<std::uint8_t>(600000)};
  mask.values[599 * 1000 + 999] = 1;
  mask.values[300 * 1000 + 500] = 255;
  const Image small = DecodeImage(MakeMaskThumbnail(mask), "");
  EXPECT_EQ(small.size, (Size{125, 75}));
  EXPECT_EQ(std::count(small.rgb8.begin(), small.rgb8.end(), 255), 6);
  EXPECT_EQ(small.rgb8.back(), 255);
}

TEST(MakeMaskThumbnail, KeepsTheSizeOfASmallMask) {
  const Mask mask{{3, 2}, {0, 1, 0, 0, 0, 7}};
  const Image same = DecodeImage(MakeMaskThumbnail(mask), "");
  EXPECT_EQ(same.size, mask.size);
  for (std::size_t i = 0; i < mask.values.size(); ++i)
    EXPECT_EQ(same.rgb8[3 * i], mask.values[i] == 0 ? 0 : 255);
}

}  // namespace
}  // namespace touchstone
