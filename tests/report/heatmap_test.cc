#include "touchstone/report/heatmap.h"

#include <array>
#include <cmath>
#include <limits>

#include "core/support.h"

namespace touchstone {
namespace {

constexpr std::uint8_t kGray = 120;

Image GrayPhoto(Size size) {
  return {size,
          8,
          std::vector<std::uint8_t>(static_cast<std::size_t>(size.width) * size.height * 3, kGray),
          {},
          false};
}

// The colour of one pixel of this map value.
std::array<int, 3> ColourOf(float value, double low, double high) {
  const Image drawn = DrawHeatmap(GrayPhoto({1, 1}), {{1, 1}, {value}}, 65535, low, high);
  return {drawn.rgb8[0], drawn.rgb8[1], drawn.rgb8[2]};
}

// `colour` over the photograph.
void ExpectMix(const std::array<int, 3>& found, const std::array<int, 3>& colour, double opacity) {
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(found[c], kGray * (1 - opacity) + colour[c] * opacity, 0.51);
}

TEST(DrawHeatmap, LeavesWhatIsNormalAsItWasPhotographed) {
  for (const float value : {-5.0F, 0.0F, 1.0F}) {
    EXPECT_EQ(ColourOf(value, 1, 3), (std::array<int, 3>{kGray, kGray, kGray})) << value;
  }
}

// matplotlib's "plasma" ends in (240, 249, 33) and has (204, 71, 120) in its middle.
TEST(DrawHeatmap, ShowsPlasmaAtTheStatedOpacity) {
  ExpectMix(ColourOf(3, 1, 3), {240, 249, 33}, 0.7);
  ExpectMix(ColourOf(100, 1, 3), {240, 249, 33}, 0.7);
  ExpectMix(ColourOf(2, 1, 3), {204, 71, 120}, 0.7);
  const auto faint = ColourOf(1 + 2 * 0.125F, 1, 3);  // a heat of 1/8 has half the opacity
  const auto full = ColourOf(1 + 2 * 0.25F, 1, 3);
  for (int c = 0; c < 3; ++c) EXPECT_LT(std::abs(faint[c] - kGray), 0.35 * 136 + 1);
  EXPECT_NE(faint, full);
}

TEST(DrawHeatmap, UsesOneScaleWhateverTheMapHolds) {
  const Image one = DrawHeatmap(GrayPhoto({2, 1}), {{2, 1}, {1.5F, 0}}, 65535, 1, 3);
  const Image other = DrawHeatmap(GrayPhoto({2, 1}), {{2, 1}, {1.5F, 900}}, 65535, 1, 3);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(one.rgb8[c], other.rgb8[c]);
}

// A gallery is a file: whatever scale it holds, the picture must come out.
TEST(DrawHeatmap, SurvivesAnyScale) {
  constexpr double kMax = std::numeric_limits<double>::max(),
                   kTiny = std::numeric_limits<double>::denorm_min();
  constexpr float kFloatMax = std::numeric_limits<float>::max();
  for (const auto& [low, high] : std::vector<std::pair<double, double>>{
           {-kMax, kMax}, {0, kTiny}, {-1e300, 1e300}, {1e300, 2e300}, {0, 1e-40}, {-kMax, -1e308}}) {
    for (const float value : {-kFloatMax, -1.0F, 0.0F, 1e-45F, 1.0F, kFloatMax}) {
      const auto colour = ColourOf(value, low, high);
      for (const int channel : colour) EXPECT_TRUE(channel >= 0 && channel <= 255);
    }
  }
}

TEST(DrawHeatmap, ShowsSixteenBitsByTheWhiteLevel) {
  const Image deep{{1, 1}, 16, {}, {2048, 4095, 60000}, false};
  const Image drawn = DrawHeatmap(deep, {{1, 1}, {0}}, 4095, 1, 2);
  EXPECT_EQ(drawn.bits_per_channel, 8);
  EXPECT_EQ(drawn.rgb8, (std::vector<std::uint8_t>{128, 255, 255}));
}

TEST(DrawHeatmap, RefusesAMapOfAnotherSize) {
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "size", [] {
    DrawHeatmap(GrayPhoto({3, 2}), {{2, 3}, std::vector<float>(6)}, 65535, 0, 1);
  }));
}

TEST(MakePreview, KeepsTheAspectRatioAndNeverEnlarges) {
  EXPECT_EQ(MakePreview(GrayPhoto({640, 480}), 65535, 256).size, (Size{256, 192}));
  EXPECT_EQ(MakePreview(GrayPhoto({30, 480}), 65535, 256).size, (Size{16, 256}));
  EXPECT_EQ(MakePreview(GrayPhoto({1, 2000}), 65535, 256).size, (Size{1, 256}));
  EXPECT_EQ(MakePreview(GrayPhoto({40, 30}), 65535, 256).size, (Size{40, 30}));
  const Image preview = MakePreview(GrayPhoto({640, 480}), 65535, 256);
  ASSERT_EQ(preview.rgb8.size(), 256U * 192 * 3);
  EXPECT_EQ(preview.rgb8[1000], kGray);
}

TEST(MakePreview, OfSixteenBitsHasEight) {
  const Image deep{{1, 1}, 16, {}, {65535, 0, 32768}, false};
  EXPECT_EQ(MakePreview(deep, 65535, 10).rgb8, (std::vector<std::uint8_t>{255, 0, 128}));
}

}  // namespace
}  // namespace touchstone
