#include "touchstone/report/heatmap.h"

#include <algorithm>
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

HeatmapOptions Scale(double low, double high) {
  HeatmapOptions options;
  options.low = low;
  options.high = high;
  return options;
}

// The colour of one pixel of this map value.
std::array<int, 3> ColourOf(float value, double low, double high) {
  const Image drawn = DrawHeatmap(GrayPhoto({1, 1}), {{1, 1}, {value}}, Scale(low, high));
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

TEST(DrawHeatmap, FadesWhatIsNotLookedAtInEveryStyleOfThePhotographsSize) {
  for (const HeatmapStyle style : {HeatmapStyle::kOverlay, HeatmapStyle::kMap, HeatmapStyle::kContour}) {
    HeatmapOptions options = Scale(1, 3);
    options.style = style;
    const ScoreMap map{{4, 1}, {3, 3, 0, 0}};
    const Image whole = DrawHeatmap(GrayPhoto({4, 1}), map, options);
    options.looked_at = Mask{{2, 1}, {1, 0}};  // half the photograph's size
    const Image drawn = DrawHeatmap(GrayPhoto({4, 1}), map, options);
    for (int i = 0; i < 12; ++i) {
      EXPECT_EQ(drawn.rgb8[i], i < 6 ? whole.rgb8[i] : whole.rgb8[i] / 4 + 72) << i;
    }
  }
}

TEST(DrawHeatmap, UsesOneScaleWhateverTheMapHolds) {
  const Image one = DrawHeatmap(GrayPhoto({2, 1}), {{2, 1}, {1.5F, 0}}, Scale(1, 3));
  const Image other = DrawHeatmap(GrayPhoto({2, 1}), {{2, 1}, {1.5F, 900}}, Scale(1, 3));
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

using Rgb = std::array<int, 3>;

Rgb At(const Image& image, int x, int y) {
  const std::uint8_t* pixel = &image.rgb8[(static_cast<std::size_t>(y) * image.size.width + x) * 3];
  return {pixel[0], pixel[1], pixel[2]};
}

constexpr Rgb kBlack{0, 0, 0}, kWhite{255, 255, 255};

// A photograph of one gray and a map of 10 in a block, 0 elsewhere; the threshold is 5.
struct Block {
  Size size;
  Rect block;
  Image photo(std::uint8_t gray = kGray) const {
    Image image = GrayPhoto(size);
    std::fill(image.rgb8.begin(), image.rgb8.end(), gray);
    return image;
  }
  ScoreMap map() const {
    ScoreMap map{size, std::vector<float>(static_cast<std::size_t>(size.width) * size.height)};
    for (int y = block.y; y < block.y + block.height; ++y) {
      for (int x = block.x; x < block.x + block.width; ++x) map.values[y * size.width + x] = 10;
    }
    return map;
  }
  static HeatmapOptions Options(HeatmapStyle style) {
    HeatmapOptions options = Scale(4, 20);
    options.style = style;
    options.threshold = 5;
    return options;
  }
};

const Block kBlock{{40, 30}, {10, 8, 9, 7}};

TEST(DrawHeatmap, DrawsABlackLineInsideTheContourAndAWhiteOneOutside) {
  const Image drawn = DrawHeatmap(kBlock.photo(), kBlock.map(), Block::Options(HeatmapStyle::kContour));
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) {
      const int dx = std::max(10 - x, x - 18), dy = std::max(8 - y, y - 14);
      const int outside = std::max(dx, dy);  // 0 = the block's outermost pixels, 1 = the ring around it
      const Rgb expected = outside == 0 ? kBlack : outside == 1 ? kWhite : Rgb{kGray, kGray, kGray};
      ASSERT_EQ(At(drawn, x, y), expected) << x << "," << y;
    }
  }
}

TEST(DrawHeatmap, DrawsWiderContoursOnLargerPhotographs) {
  const Block block{{1100, 20}, {500, 5, 60, 10}};
  const Image drawn = DrawHeatmap(block.photo(), block.map(), Block::Options(HeatmapStyle::kContour));
  for (int x = 490; x < 510; ++x) {
    const Rgb expected = x >= 497 && x < 500   ? kWhite
                         : x >= 500 && x < 503 ? kBlack
                                               : Rgb{kGray, kGray, kGray};
    EXPECT_EQ(At(drawn, x, 10), expected) << x;
  }
}

// WCAG 2: (L1 + 0.05) / (L2 + 0.05) of the relative luminances.
double Contrast(double gray_a, double gray_b) {
  const auto luminance = [](double gray) {
    const double v = gray / 255;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  const double a = luminance(gray_a) + 0.05, b = luminance(gray_b) + 0.05;
  return std::max(a, b) / std::min(a, b);
}

TEST(DrawHeatmap, DrawsAContourThatShowsOnAnyGray) {
  for (int gray = 0; gray < 256; ++gray) {
    const Image drawn = DrawHeatmap(kBlock.photo(static_cast<std::uint8_t>(gray)), kBlock.map(),
                                    Block::Options(HeatmapStyle::kContour));
    const int inside = At(drawn, 10, 10)[0], outside = At(drawn, 9, 10)[0];
    EXPECT_GE(std::max(Contrast(gray, inside), Contrast(gray, outside)), 4.5) << gray;
    EXPECT_GE(Contrast(inside, outside), 20);
  }
}

TEST(DrawHeatmap, DrawsNoContourWithoutAThresholdOrAnythingAboveIt) {
  HeatmapOptions options = Block::Options(HeatmapStyle::kContour);
  options.threshold = 10;  // equal is not above
  EXPECT_EQ(DrawHeatmap(kBlock.photo(), kBlock.map(), options).rgb8, kBlock.photo().rgb8);
  options.threshold.reset();
  EXPECT_EQ(DrawHeatmap(kBlock.photo(), kBlock.map(), options).rgb8, kBlock.photo().rgb8);
}

TEST(DrawHeatmap, ShowsNothingOfThePhotographInTheStyleMap) {
  const HeatmapOptions options = Block::Options(HeatmapStyle::kMap);
  EXPECT_EQ(DrawHeatmap(kBlock.photo(3), kBlock.map(), options).rgb8,
            DrawHeatmap(kBlock.photo(250), kBlock.map(), options).rgb8);
  const Rgb coldest = At(DrawHeatmap(kBlock.photo(), kBlock.map(), options), 0, 0);
  EXPECT_EQ(coldest, (Rgb{13, 8, 135}));  // where plasma starts
}

TEST(DrawHeatmap, ShowsPhotographAndOverlaySideBySide) {
  const Image both = DrawHeatmap(kBlock.photo(), kBlock.map(), Block::Options(HeatmapStyle::kSideBySide));
  const Image overlay = DrawHeatmap(kBlock.photo(), kBlock.map(), Block::Options(HeatmapStyle::kOverlay));
  const int second = 48;  // 40 and a gap of 8
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) {
      ASSERT_EQ(At(both, x, y), (Rgb{kGray, kGray, kGray}));
      ASSERT_EQ(At(both, second + x, y), At(overlay, x, y));
    }
    ASSERT_EQ(At(both, 44, y), kWhite);
  }
  EXPECT_GT(both.size.width, second + 40 + 30);  // the scale, with its numbers
  int num_black = 0, num_hottest = 0;
  for (int y = 0; y < both.size.height; ++y) {
    for (int x = second + 40; x < both.size.width; ++x) {
      num_black += At(both, x, y) == kBlack ? 1 : 0;
      num_hottest += At(both, x, y) == Rgb{240, 249, 33} ? 1 : 0;
    }
  }
  EXPECT_GT(num_black, 10);
  EXPECT_GT(num_hottest, 10);
}

TEST(DrawHeatmap, DrawsEveryStyleOfTheSmallestPhotograph) {
  for (const auto& style : HeatmapStyleNames()) {
    HeatmapOptions options = Block::Options(style.second);
    const Image drawn = DrawHeatmap(GrayPhoto({1, 1}), {{1, 1}, {10}}, options);
    EXPECT_EQ(drawn.rgb8.size(), static_cast<std::size_t>(drawn.size.width) * drawn.size.height * 3);
  }
}

TEST(DrawHeatmap, ShowsSixteenBitsByTheWhiteLevel) {
  const Image deep{{1, 1}, 16, {}, {2048, 4095, 60000}, false};
  HeatmapOptions options = Scale(1, 2);
  options.white_level = 4095;
  const Image drawn = DrawHeatmap(deep, {{1, 1}, {0}}, options);
  EXPECT_EQ(drawn.bits_per_channel, 8);
  EXPECT_EQ(drawn.rgb8, (std::vector<std::uint8_t>{128, 255, 255}));
}

TEST(DrawHeatmap, RefusesAMapOfAnotherSize) {
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "size", [] {
    DrawHeatmap(GrayPhoto({3, 2}), {{2, 3}, std::vector<float>(6)}, {});
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
