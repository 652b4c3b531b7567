#include "touchstone/image/preprocess.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fixtures.h"

namespace touchstone {
namespace {

Preprocessing Cropped(Size resize, Size crop) {
  Preprocessing preprocessing;
  preprocessing.resize = resize;
  preprocessing.crop = crop;
  return preprocessing;
}

Image FlatImage(int bits, int value) {
  Image image;
  image.size = {4, 3};
  image.bits_per_channel = bits;
  if (bits == 8) image.rgb8.assign(36, static_cast<std::uint8_t>(value));
  if (bits == 16) image.rgb16.assign(36, static_cast<std::uint16_t>(value));
  return image;
}

TEST(NetworkInputSize, IsTheCropWhereThereIsOne) {
  EXPECT_EQ(NetworkInputSize(Preprocessing{}), (Size{256, 256}));
  EXPECT_EQ(NetworkInputSize(Cropped({256, 256}, {224, 200})), (Size{224, 200}));
}

TEST(CropRect, IsTheWholeFrameWithoutACrop) {
  const Rect rect = CropRect(Preprocessing{});
  EXPECT_EQ(rect.x, 0);
  EXPECT_EQ(rect.y, 0);
  EXPECT_EQ(rect.width, 256);
  EXPECT_EQ(rect.height, 256);
}

TEST(CropRect, RoundsHalfPixelsToTheEvenNumber) {
  for (const auto& [border, expected] :
       {std::pair{0, 0}, {1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 2}, {6, 3}, {7, 4}}) {
    const Rect rect = CropRect(Cropped({10 + border, 20}, {10, 20 - border}));
    EXPECT_EQ(rect.x, expected) << "border " << border;
    EXPECT_EQ(rect.y, expected) << "border " << border;
  }
}

TEST(Validate, AcceptsTheLimits) {
  EXPECT_NO_THROW(Validate(Preprocessing{}));
  EXPECT_NO_THROW(Validate(Cropped({1, 8192}, {1, 8192})));
  Preprocessing preprocessing;
  for (double white_level : {1.0, 65535.0}) {
    preprocessing.white_level = white_level;
    EXPECT_NO_THROW(Validate(preprocessing));
  }
}

TEST(Validate, NamesOptionValueAndLimit) {
  EXPECT_ERROR(Validate(Cropped({256, 256}, {300, 300})), ErrorCode::kOption,
               "--crop 300x300: must not exceed --resize, 256x256");
  EXPECT_ERROR(Validate(Cropped({256, 256}, {256, 257})), ErrorCode::kOption, "--crop 256x257");
  EXPECT_ERROR(Validate(Cropped({256, 256}, {0, 1})), ErrorCode::kOption, "--crop 0x1");
  EXPECT_ERROR(Validate(Cropped({256, 0}, {1, 1})), ErrorCode::kOption,
               "--resize 256x0: width and height must be 1");
  EXPECT_ERROR(Validate(Cropped({8193, 1}, {1, 1})), ErrorCode::kOption, "1 to 8192 pixels");
}

TEST(Validate, RefusesWhiteLevelsOutsideOfSixteenBits) {
  for (double white_level :
       {0.0, 0.5, -1.0, 65536.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Preprocessing preprocessing;
    preprocessing.white_level = white_level;
    EXPECT_ERROR(Validate(preprocessing), ErrorCode::kOption, "--white-level");
  }
}

TEST(Validate, RefusesANormalisationThatIsNone) {
  Preprocessing preprocessing;
  preprocessing.stddev[1] = 0.0F;
  EXPECT_ERROR(Validate(preprocessing), ErrorCode::kOption, "standard deviation of channel 1");
  preprocessing = {};
  preprocessing.mean[2] = std::nanf("");
  EXPECT_ERROR(Validate(preprocessing), ErrorCode::kOption, "mean of channel 2");
}

TEST(Preprocess, NormalisesEachChannelWithItsOwnNumbers) {
  Preprocessing preprocessing;
  preprocessing.resize = {2, 5};
  preprocessing.mean = {0.0F, 0.5F, 1.0F};
  preprocessing.stddev = {1.0F, 0.25F, 2.0F};
  const std::vector<float> input = Preprocess(FlatImage(8, 255), preprocessing);
  ASSERT_EQ(input.size(), 30U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(input[i], 1.0F);
    EXPECT_EQ(input[10 + i], 2.0F);
    EXPECT_EQ(input[20 + i], 0.0F);
  }
}

TEST(Preprocess, TakesTheWhiteLevelForOneInSixteenBits) {
  Preprocessing preprocessing;
  preprocessing.resize = {4, 3};
  preprocessing.white_level = 4095;
  const std::vector<float> white = Preprocess(FlatImage(8, 255), preprocessing);
  EXPECT_EQ(Preprocess(FlatImage(16, 4095), preprocessing), white);
  EXPECT_EQ(Preprocess(FlatImage(16, 60000), preprocessing), white);
  EXPECT_NE(Preprocess(FlatImage(16, 4000), preprocessing), white);
}

TEST(ConvertTo8Bit, RoundsAndCutsAtTheWhiteLevel) {
  Image image;
  image.size = {2, 1};
  image.bits_per_channel = 16;
  image.rgb16 = {0, 8, 9, 2048, 4095, 5000};
  const Image converted = ConvertTo8Bit(image, 4095);
  EXPECT_EQ(converted.bits_per_channel, 8);
  EXPECT_EQ(converted.rgb8, (std::vector<std::uint8_t>{0, 0, 1, 128, 255, 255}));
  EXPECT_TRUE(converted.rgb16.empty());
}

TEST(ConvertTo8Bit, LeavesEightBitsAsTheyAre) {
  EXPECT_EQ(ConvertTo8Bit(FlatImage(8, 77), 1.0).rgb8, FlatImage(8, 77).rgb8);
}

}  // namespace
}  // namespace touchstone
