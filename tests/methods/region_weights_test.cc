#include "touchstone/methods/region_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace touchstone {
namespace {

const MapGeometry kPlain{{32, 24}, {0, 0, 32, 24}, 2};
const MapGeometry kCropped{{40, 32}, {4, 6, 32, 24}, 2};
constexpr Size kGrid{8, 6};

Mask Columns(Size size, int first, int last) {
  Mask mask{size, {}};
  for (int i = 0; i < size.width * size.height; ++i) {
    const int x = i % size.width;
    mask.values.push_back(x >= first && x < last ? 7 : 0);  // not zero is yes
  }
  return mask;
}

ScoreMap Random(Size size, std::mt19937* generator) {
  ScoreMap map{size, {}};
  for (int i = 0; i < size.width * size.height; ++i) {
    map.values.push_back(static_cast<float>((*generator)() % 1000) / 100);
  }
  return map;
}

ScoreMap MapOf(const std::vector<ScoreMap>& grids, const MapGeometry& geometry, Size original,
               const Mask& looked_at) {
  const Mask on_frame = OverFrame(looked_at, geometry.resized);
  return MakeAnomalyMap(grids, geometry, original, RegionOfInterest{looked_at, on_frame});
}

// The sum over all cells, one at a time, in double.
std::vector<double> ByDefinition(const ScoreMap& grid, const MapGeometry& geometry, Size original,
                                 const Mask& looked_at) {
  const ScoreMap weights = RegionWeights(looked_at, geometry, grid.size);
  const std::size_t num_pixels = static_cast<std::size_t>(original.width) * original.height;
  std::vector<double> sums(num_pixels), masses(num_pixels);
  for (std::size_t c = 0; c < grid.values.size(); ++c) {
    ScoreMap cell{grid.size, std::vector<float>(grid.values.size())};
    cell.values[c] = 1;
    const std::vector<float> reach = MakeAnomalyMap({cell}, geometry, original).values;
    for (std::size_t p = 0; p < num_pixels; ++p) {
      masses[p] += double{weights.values[c]} * reach[p];
      sums[p] += double{weights.values[c]} * reach[p] * grid.values[c];
    }
  }
  for (std::size_t p = 0; p < num_pixels; ++p) sums[p] /= masses[p];
  return sums;
}

TEST(RegionWeights, AreTheShareOfEachCellThatIsCovered) {
  const ScoreMap weights = RegionWeights(Columns({32, 24}, 5, 13), kPlain, kGrid);  // cells of 4 x 4
  for (int y = 0; y < kGrid.height; ++y) {
    const float* row = &weights.values[static_cast<std::size_t>(y) * kGrid.width];
    EXPECT_EQ(std::vector<float>(row, row + 8), (std::vector<float>{0, 0.75F, 1, 0.25F, 0, 0, 0, 0}));
  }
}

TEST(RegionWeights, RoundTheRegionOutward) {
  Mask fine{{3200, 2400}, std::vector<std::uint8_t>(std::size_t{3200} * 2400)};
  fine.values[std::size_t{3200} * 1234 + 1601] = 1;  // under pixel 16, 12
  const ScoreMap weights = RegionWeights(fine, kPlain, {32, 24});
  for (std::size_t p = 0; p < weights.values.size(); ++p) {
    EXPECT_EQ(weights.values[p], p == 12 * 32 + 16 ? 1.0F : 0.0F) << p;
  }
  const Mask coarse{{2, 1}, {0, 1}};
  EXPECT_EQ(RegionWeights(coarse, kPlain, {4, 1}).values, (std::vector<float>{0, 0, 1, 1}));
}

// 255 times the pixels of such a mask is more than 32 bits hold.
TEST(RegionWeights, OfMasksOfManyMillionPixelsAreThoseOfSmallOnes) {
  const auto with_hole = [](int side) {
    Mask mask{{side, side}, std::vector<std::uint8_t>(static_cast<std::size_t>(side) * side, 255)};
    for (int y = side / 2; y < side / 8 * 7; ++y) {
      const auto row = mask.values.begin() + static_cast<std::ptrdiff_t>(y) * side;
      std::fill(row + side / 2, row + side / 8 * 7, std::uint8_t{0});
    }
    return mask;
  };
  const MapGeometry geometry{{32, 32}, {0, 0, 32, 32}, 2};
  EXPECT_EQ(RegionWeights(with_hole(4096), geometry, {32, 32}).values,
            RegionWeights(with_hole(32), geometry, {32, 32}).values);
}

TEST(RegionWeights, OfEverythingAreOneForEverySize) {
  for (const Size grid : {Size{1, 1}, Size{7, 5}, Size{32, 24}}) {
    const std::vector<float> weights = RegionWeights(Columns({33, 21}, 0, 33), kCropped, grid).values;
    EXPECT_TRUE(std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 1; }));
  }
}

TEST(RegionWeights, OfTheRegionOverTheFrameAreThoseOfTheRegion) {
  std::mt19937 generator(4);
  for (const Size size : {Size{1, 1}, Size{7, 5}, Size{40, 32}, Size{123, 97}}) {
    Mask mask = Columns(size, 0, size.width);
    for (std::uint8_t& value : mask.values) value = generator() % 5 == 0 ? 3 : 0;
    const Mask on_frame = OverFrame(mask, kCropped.resized);
    EXPECT_EQ(on_frame.size, kCropped.resized);
    EXPECT_EQ(RegionWeights(on_frame, kCropped, kGrid).values, RegionWeights(mask, kCropped, kGrid).values);
  }
}

// The map repeats the crop's left edge there.
TEST(RegionWeights, CountWhatLiesOutsideTheCropAtItsEdge) {
  const ScoreMap weights = RegionWeights(Columns({40, 32}, 0, 2), kCropped, {32, 24});
  for (int x = 0; x < 32; ++x) EXPECT_EQ(weights.values[12 * 32 + x], x == 0 ? 1.0F : 0.0F);
}

class RegionMap : public testing::TestWithParam<MapGeometry> {};

TEST_P(RegionMap, IsTheWeightedMeanThatTheHeaderSays) {
  std::mt19937 generator(5);
  for (const Size original : {Size{64, 48}, Size{21, 16}}) {
    const Mask looked_at = Columns({80, 61}, 11, 46);
    const ScoreMap grid = Random(kGrid, &generator);
    const ScoreMap map = MapOf({grid}, GetParam(), original, looked_at);
    const std::vector<double> expected = ByDefinition(grid, GetParam(), original, looked_at);
    int num_inside = 0;
    for (std::size_t p = 0; p < map.values.size(); ++p) {
      const int x = static_cast<int>(p % original.width);
      const int mask_x = (2 * x + 1) * 80 / (2 * original.width);
      const bool is_inside = mask_x >= 11 && mask_x < 46;
      num_inside += is_inside;
      ASSERT_NEAR(map.values[p], is_inside ? expected[p] : 0, 2e-5) << original.width << ", " << p;
    }
    ASSERT_GT(num_inside, 0);
  }
}

TEST_P(RegionMap, IsNotChangedByACellOutside) {
  std::mt19937 generator(6);
  ScoreMap grid = Random(kGrid, &generator);
  const Mask looked_at = Columns({64, 48}, 0, 32);
  const ScoreMap weights = RegionWeights(looked_at, GetParam(), kGrid);
  const ScoreMap before = MapOf({grid}, GetParam(), {64, 48}, looked_at);
  int num_outside = 0;
  for (std::size_t c = 0; c < grid.values.size(); ++c) {
    if (weights.values[c] > 0) continue;
    grid.values[c] = 1e6F;
    ++num_outside;
  }
  ASSERT_GT(num_outside, 0);
  EXPECT_EQ(MapOf({grid}, GetParam(), {64, 48}, looked_at).values, before.values);
}

TEST_P(RegionMap, KeepsAFlatMapFlat) {
  const ScoreMap grid{kGrid, std::vector<float>(48, 0.3F)};
  const ScoreMap map = MapOf({grid}, GetParam(), {64, 48}, Columns({64, 48}, 20, 41));
  for (std::size_t p = 0; p < map.values.size(); ++p) {
    const std::size_t x = p % 64;
    ASSERT_NEAR(map.values[p], x >= 20 && x < 41 ? 0.3F : 0.0F, 1e-6);
  }
}

TEST_P(RegionMap, OfEverythingHasTheBytesOfThePlainOne) {
  std::mt19937 generator(7);
  const std::vector<ScoreMap> grids{Random({8, 6}, &generator), Random({4, 3}, &generator)};
  EXPECT_EQ(MapOf(grids, GetParam(), {50, 40}, Columns({9, 7}, 0, 9)).values,
            MakeAnomalyMap(grids, GetParam(), {50, 40}).values);
}

INSTANTIATE_TEST_SUITE_P(Geometries, RegionMap,
                         testing::Values(kPlain, kCropped, MapGeometry{{32, 24}, {0, 0, 32, 24}, 0}));

}  // namespace
}  // namespace touchstone
