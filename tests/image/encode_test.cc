#include "touchstone/image/encode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <stdexcept>

#include "touchstone/image/reader.h"

namespace touchstone {
namespace {

enum class Colour { kGray, kRgb };

Image RandomImage(Size size, int bits, Colour colour) {
  std::mt19937 random(static_cast<unsigned>(size.width + bits));
  Image image;
  image.size = size;
  image.bits_per_channel = bits;
  for (int i = 0; i < size.width * size.height; ++i) {
    unsigned value[3] = {static_cast<unsigned>(random()), static_cast<unsigned>(random()),
                         static_cast<unsigned>(random())};
    if (colour == Colour::kGray) value[1] = value[2] = value[0];
    for (unsigned v : value) {
      if (bits == 8) image.rgb8.push_back(static_cast<std::uint8_t>(v));
      if (bits == 16) image.rgb16.push_back(static_cast<std::uint16_t>(v));
    }
  }
  return image;
}

Image Gradient() {
  Image image;
  image.size = {48, 32};
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 48; ++x) {
      for (int v : {100 + x, 200 - y, 60 + x + y}) image.rgb8.push_back(static_cast<std::uint8_t>(v));
    }
  }
  return image;
}

// Infinite where the sizes differ.
double MeanDifference(const Image& a, const Image& b) {
  if (a.size != b.size) return std::numeric_limits<double>::infinity();
  double sum = 0;
  for (std::size_t i = 0; i < a.rgb8.size(); ++i) sum += std::abs(a.rgb8[i] - b.rgb8[i]);
  return sum / static_cast<double>(a.rgb8.size());
}

// The PNG header's colour type: 0 gray, 2 RGB.
int ColourType(const Bytes& png) { return png.at(25); }

TEST(EncodePng, ComesBackPixelForPixel) {
  for (Size size : {Size{1, 1}, Size{7, 5}, Size{33, 64}}) {
    for (int bits : {8, 16}) {
      for (Colour colour : {Colour::kGray, Colour::kRgb}) {
        for (int level : {0, 1, 9}) {
          const Image image = RandomImage(size, bits, colour);
          const Image read = DecodeImage(EncodePng(image, level), "");
          EXPECT_EQ(read.size, size);
          EXPECT_EQ(read.rgb8, image.rgb8);
          EXPECT_EQ(read.rgb16, image.rgb16);
        }
      }
    }
  }
}

TEST(EncodePng, StoresEqualChannelsOnce) {
  EXPECT_EQ(ColourType(EncodePng(RandomImage({9, 9}, 8, Colour::kGray), 1)), 0);
  EXPECT_EQ(ColourType(EncodePng(RandomImage({9, 9}, 16, Colour::kGray), 1)), 0);
  EXPECT_EQ(ColourType(EncodePng(RandomImage({9, 9}, 8, Colour::kRgb), 1)), 2);
}

TEST(EncodePng, IsSmallerAtAHigherLevel) {
  Image image;
  image.size = {200, 100};
  for (int i = 0; i < 200 * 100 * 3; ++i)
    image.rgb8.push_back(static_cast<std::uint8_t>((i / 7) * (i / 7) % 50));
  EXPECT_LT(EncodePng(image, 9).size(), EncodePng(image, 1).size());
  EXPECT_LT(EncodePng(image, 1).size(), EncodePng(image, 0).size());
}

TEST(EncodeJpeg, StaysCloseToTheImage) {
  EXPECT_LT(MeanDifference(DecodeImage(EncodeJpeg(Gradient(), 95), ""), Gradient()), 2.0);
}

TEST(EncodeJpeg, SpendsFewerBytesAtALowerQuality) {
  const Image image = RandomImage({64, 64}, 8, Colour::kRgb);
  EXPECT_LT(EncodeJpeg(image, 20).size(), EncodeJpeg(image, 90).size());
}

TEST(EncodeWebp, StaysCloseToTheImage) {
  EXPECT_LT(MeanDifference(DecodeImage(EncodeWebp(Gradient(), 95), ""), Gradient()), 2.0);
}

TEST(EncodeWebp, SpendsFewerBytesAtALowerQuality) {
  const Image image = RandomImage({64, 64}, 8, Colour::kRgb);
  EXPECT_LT(EncodeWebp(image, 20).size(), EncodeWebp(image, 90).size());
}

TEST(Encode, CallsArgumentsOutsideTheirRangeABug) {
  const Image image = RandomImage({4, 4}, 8, Colour::kRgb);
  EXPECT_THROW(EncodePng(image, -1), std::logic_error);
  EXPECT_THROW(EncodePng(image, 10), std::logic_error);
  EXPECT_THROW(EncodeJpeg(image, 0), std::logic_error);
  EXPECT_THROW(EncodeJpeg(image, 101), std::logic_error);
  EXPECT_THROW(EncodeJpeg(RandomImage({4, 4}, 16, Colour::kRgb), 90), std::logic_error);
  EXPECT_THROW(EncodeWebp(image, -1), std::logic_error);
  EXPECT_THROW(EncodeWebp(image, 101), std::logic_error);
  EXPECT_THROW(EncodeWebp(RandomImage({16384, 1}, 8, Colour::kRgb), 50), std::logic_error);
  EXPECT_THROW(EncodeWebp(RandomImage({4, 4}, 16, Colour::kRgb), 50), std::logic_error);
}

}  // namespace
}  // namespace touchstone
