#include "touchstone/image/resize.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

#include "image/resize_kernels.h"
#include "resize_reference.h"

namespace touchstone {
namespace {

struct Picture {
  std::vector<std::uint8_t> values;
  PixelView<std::uint8_t> view;
};

// In memory that ends with the last pixel, so that a sanitizer sees a read behind it.
Picture RandomPicture(Size size, int channels) {
  std::mt19937 random(static_cast<unsigned>(size.width * 1000 + size.height * 10 + channels));
  Picture picture;
  picture.values.resize(static_cast<std::size_t>(size.width) * size.height * channels);
  for (std::uint8_t& v : picture.values) {
    v = static_cast<std::uint8_t>(random() % 4 == 0 ? (random() % 2) * 255 : random() % 256);
  }
  picture.view = {picture.values.data(), size, channels};
  return picture;
}

std::string Text(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

void ExpectReference(Size from, Size to, int channels) {
  const Picture picture = RandomPicture(from, channels);
  EXPECT_EQ(ResizeAntialiased(picture.view, to), ResizeAntialiasedReference(picture.view, to))
      << Text(from) << " to " << Text(to) << ", channels " << channels;
}

constexpr int kSides[] = {1, 2, 3, 7, 8, 9, 31, 32, 33, 64, 65};

TEST(ResizeAntialiased, EqualsTheReferenceForEveryPairOfWidths) {
  for (int from : kSides) {
    for (int to : kSides) ExpectReference({from, 3}, {to, 2}, 3);
  }
}

TEST(ResizeAntialiased, EqualsTheReferenceForEveryPairOfHeights) {
  for (int from : kSides) {
    for (int to : kSides) ExpectReference({6, from}, {5, to}, 3);
  }
}

TEST(ResizeAntialiased, EqualsTheReferenceForEveryNumberOfChannels) {
  for (int channels : {1, 2, 3, 4}) {
    ExpectReference({33, 17}, {8, 9}, channels);
    ExpectReference({5, 7}, {31, 33}, channels);
    ExpectReference({9, 9}, {9, 4}, channels);
    ExpectReference({9, 9}, {4, 9}, channels);
  }
}

TEST(ResizeAntialiased, EqualsTheReferenceForExtremeRatios) {
  ExpectReference({3000, 2}, {1, 3}, 3);
  ExpectReference({2, 3000}, {3, 1}, 3);
  ExpectReference({1, 1}, {300, 1}, 3);
}

TEST(ResizeAntialiased, KeepsWhiteWhiteAndBlackBlack) {
  for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{255}}) {
    const std::vector<std::uint8_t> flat(1000 * 7 * 3, value);
    for (std::uint8_t v : ResizeAntialiased({flat.data(), {1000, 7}, 3}, {13, 3})) ASSERT_EQ(v, value);
  }
}

TEST(ResizeAntialiased, ReturnsTheSourceWhereTheSizeIsTheSame) {
  const Picture picture = RandomPicture({19, 5}, 3);
  EXPECT_EQ(ResizeAntialiased(picture.view, {19, 5}), picture.values);
}

TEST(ResizeAntialiased, GivesAPartAsItIsInTheWhole) {
  for (Size to : {Size{20, 16}, Size{33, 16}, Size{20, 31}, Size{33, 31}, Size{70, 80}}) {
    const Picture picture = RandomPicture({33, 31}, 3);
    const std::vector<std::uint8_t> whole = ResizeAntialiased(picture.view, to);
    for (const Rect& part : {Rect{0, 0, 1, 1}, Rect{3, 2, 11, 9}, Rect{to.width - 4, to.height - 5, 4, 5}}) {
      const std::vector<std::uint8_t> got = ResizeAntialiased(picture.view, to, part);
      ASSERT_EQ(got.size(), static_cast<std::size_t>(part.width) * part.height * 3);
      for (int y = 0; y < part.height; ++y) {
        const std::uint8_t* expected = whole.data() + ((part.y + y) * to.width + part.x) * 3;
        EXPECT_EQ(std::memcmp(got.data() + y * part.width * 3, expected, part.width * 3), 0) << Text(to);
      }
    }
  }
}

TEST(ResizeAntialiased, GivesAPartOfFloatsAsItIsInTheWhole) {
  const std::vector<std::uint16_t> values{0, 900, 4095, 5000, 17, 33, 2000, 1000, 64, 128, 256, 512};
  const PixelView<std::uint16_t> source{values.data(), {4, 3}, 1};
  const std::vector<float> whole = ResizeAntialiased(source, 4095, {7, 5}, {0, 0, 7, 5});
  const std::vector<float> part = ResizeAntialiased(source, 4095, {7, 5}, {2, 1, 3, 3});
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) EXPECT_EQ(part[y * 3 + x], whole[(y + 1) * 7 + x + 2]);
  }
}

TEST(ResizeAntialiased, CutsFloatsAtTheWhiteLevel) {
  const std::vector<std::uint16_t> values{0, 500, 1000, 1001, 65535};
  const std::vector<float> scaled =
      ResizeAntialiased(PixelView<std::uint16_t>{values.data(), {5, 1}, 1}, 1000, {5, 1}, {0, 0, 5, 1});
  EXPECT_EQ(scaled, (std::vector<float>{0.0F, 0.5F, 1.0F, 1.0F, 1.0F}));
}

TEST(ResizeAntialiased, CallsSizesThatDoNotFitABug) {
  const Picture picture = RandomPicture({4, 4}, 3);
  EXPECT_THROW(ResizeAntialiased(picture.view, {0, 4}), std::logic_error);
  EXPECT_THROW(ResizeAntialiased(picture.view, {8, 8}, {1, 0, 8, 8}), std::logic_error);
  EXPECT_THROW(ResizeAntialiased(picture.view, {8, 8}, {0, -1, 8, 8}), std::logic_error);
  EXPECT_THROW(ResizeAntialiased({picture.values.data(), {4, 4}, 5}, {2, 2}), std::logic_error);
  EXPECT_THROW(ResizeAntialiased({picture.values.data(), {0, 4}, 3}, {2, 2}), std::logic_error);
}

// The kernels by themselves: the portable one runs nowhere else on x86-64.
TEST(ResizeKernels, AgreeOnRows) {
  if (Sse2ResizeKernels().horizontal == nullptr) GTEST_SKIP() << "this machine has no SSE2";
  for (int from : kSides) {
    for (int to : kSides) {
      for (int channels : {1, 3, 4}) {
        Picture picture = RandomPicture({from, 1}, channels);
        picture.values.resize(picture.values.size() + kReadBeyond);
        const ResizeFilter filter = MakeResizeFilter(from, to, 0, to);
        const FixedWeights weights(filter);
        std::vector<std::uint8_t> portable(to * channels);
        std::vector<std::uint8_t> sse2(to * channels);
        PortableResizeKernels().horizontal(picture.values.data(), channels, filter, weights, portable.data());
        Sse2ResizeKernels().horizontal(picture.values.data(), channels, filter, weights, sse2.data());
        EXPECT_EQ(portable, sse2) << from << " to " << to << ", channels " << channels;
      }
    }
  }
}

TEST(ResizeKernels, AgreeOnColumns) {
  if (Sse2ResizeKernels().vertical == nullptr) GTEST_SKIP() << "this machine has no SSE2";
  constexpr int kRowBytes = 48;
  for (int from : kSides) {
    const Picture picture = RandomPicture({kRowBytes, from + 1}, 1);
    for (int to : kSides) {
      const ResizeFilter filter = MakeResizeFilter(from, to, 0, to);
      const FixedWeights weights(filter);
      for (int i = 0; i < to; ++i) {
        const ColumnTaps taps{picture.values.data() + filter.first[i] * kRowBytes, kRowBytes,
                              filter.num_taps[i], static_cast<std::size_t>(i) * filter.stride};
        std::vector<std::uint8_t> portable(kRowBytes);
        std::vector<std::uint8_t> sse2(kRowBytes);
        PortableResizeKernels().vertical(taps, weights, portable.data());
        Sse2ResizeKernels().vertical(taps, weights, sse2.data());
        EXPECT_EQ(portable, sse2) << from << " to " << to << ", output " << i;
      }
    }
  }
}

}  // namespace
}  // namespace touchstone
