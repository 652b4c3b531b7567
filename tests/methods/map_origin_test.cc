#include "touchstone/methods/map_origin.h"

#include <random>
#include <string>

#include "core/support.h"
#include "touchstone/methods/region_weights.h"

namespace touchstone {
namespace {

ScoreMap Zeros(Size size) {
  return {size, std::vector<float>(static_cast<std::size_t>(size.width) * size.height)};
}

float& At(ScoreMap* map, int x, int y) {
  return map->values[static_cast<std::size_t>(y) * map->size.width + x];
}

std::string Described(const std::vector<MapPeak>& peaks) {
  std::string text;
  for (const MapPeak& peak : peaks) text += std::to_string(peak.x_px) + "," + std::to_string(peak.y_px) + " ";
  return text;
}

ScoreMap ThreeHills() {
  ScoreMap map = Zeros({20, 10});
  At(&map, 3, 2) = 5;
  At(&map, 4, 2) = 4;  // a slope, no maximum
  At(&map, 10, 7) = 9;
  At(&map, 19, 0) = 5;
  return map;
}

TEST(FindPeaks, FindsLocalMaximaHighestFirst) {
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 0, {}, 5)), "10,7 19,0 3,2 ");
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 0, {}, 2)), "10,7 19,0 ");
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 5, {}, 5)), "10,7 ");
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 9, {}, 5)), "");
}

TEST(FindPeaks, PassesOverWhatIsTooNearToAHigherPeak) {
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 0, {8.6, 8.6}, 5)), "10,7 19,0 3,2 ");  // 8.602 away
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 0, {8.61, 8.61}, 5)), "10,7 19,0 ");
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 0, {100, 5.4}, 5)), "10,7 19,0 ");
  EXPECT_EQ(Described(FindPeaks(ThreeHills(), 0, {100, 8}, 5)), "10,7 ");
}

TEST(FindPeaks, TakesAPlateauOnce) {
  const ScoreMap flat{{9, 9}, std::vector<float>(81, 2.0F)};
  EXPECT_EQ(Described(FindPeaks(flat, 0, {20, 20}, 5)), "0,0 ");
}

// 64 x 64 photograph = resized frame, nothing cropped, a grid of 8 x 8 cells of 8 px.
const MapGeometry kPlain{{64, 64}, {0, 0, 64, 64}, 4};

TEST(LargestContribution, IsTheCellUnderThePixelOfALevelGrid) {
  const ScoreMap level{{8, 8}, std::vector<float>(64, 3.0F)};
  for (int y = 12; y < 52; y += 5) {  // nearer to the edge, the reflected part counts too
    for (int x = 12; x < 52; x += 5) {
      EXPECT_EQ(LargestContribution(level, kPlain, {64, 64}, x, y),
                static_cast<std::size_t>(y / 8 * 8 + x / 8));
    }
  }
}

TEST(LargestContribution, LooksAsFarAsTheSmoothingReaches) {
  ScoreMap grid{{8, 8}, std::vector<float>(64, 1.0F)};
  At(&grid, 4, 3) = 20;
  EXPECT_EQ(LargestContribution(grid, kPlain, {64, 64}, 28, 28), 3U * 8 + 4);  // 8 px off
  EXPECT_EQ(LargestContribution(grid, kPlain, {64, 64}, 12, 28), 3U * 8 + 1);  // 24 px off
  MapGeometry sharp = kPlain;
  sharp.sigma = 0;
  At(&grid, 4, 3) = 2;
  EXPECT_EQ(LargestContribution(grid, sharp, {64, 64}, 28, 28), 3U * 8 + 3);
}

// The law that it is there for: remove the cell, and no other removal lowers the map at the peak by more.
TEST(LargestContribution, IsTheCellWhoseAbsenceLowersTheMapMost) {
  std::mt19937 random(11);
  const MapGeometry cropped{{80, 72}, {8, 4, 64, 64}, 4};
  const Size photograph{120, 90};
  for (int round = 0; round < 5; ++round) {
    ScoreMap grid = Zeros({16, 16});
    for (float& value : grid.values) value = static_cast<float>(random() % 1000) / 100.0F;
    const ScoreMap map = MakeAnomalyMap({grid}, cropped, photograph);
    const MapPeak peak = FindPeaks(map, 0, {}, 1).at(0);
    const auto value_without = [&](std::size_t cell) {
      ScoreMap without = grid;
      without.values[cell] = 0;
      const ScoreMap lower = MakeAnomalyMap({without}, cropped, photograph);
      return lower.values[static_cast<std::size_t>(peak.y_px) * photograph.width + peak.x_px];
    };
    double lowest = peak.value;
    for (std::size_t cell = 0; cell < grid.values.size(); ++cell)
      lowest = std::min<double>(lowest, value_without(cell));
    const std::size_t found = LargestContribution(grid, cropped, photograph, peak.x_px, peak.y_px);
    EXPECT_NEAR(value_without(found), lowest, 1e-5 * peak.value) << round;
  }
}

TEST(LargestContribution, IsInThePartThatIsLookedAt) {
  ScoreMap grid{{8, 8}, std::vector<float>(64, 1.0F)};
  At(&grid, 4, 3) = 20;
  At(&grid, 2, 3) = 2;
  Mask left{{64, 64}, std::vector<std::uint8_t>(64 * 64)};
  for (int p = 0; p < 64 * 64; ++p) left.values[p] = p % 64 < 32 ? 1 : 0;
  const ScoreMap looked_at = Weighted(grid, RegionWeights(left, kPlain, grid.size));
  EXPECT_EQ(LargestContribution(grid, kPlain, {64, 64}, 30, 28), 3U * 8 + 4);
  EXPECT_EQ(LargestContribution(looked_at, kPlain, {64, 64}, 30, 28), 3U * 8 + 3);
}

TEST(CellInPhotograph, TilesThePartThatTheNetworkSaw) {
  const MapGeometry cropped{{80, 72}, {8, 4, 64, 64}, 4};
  const Size photograph{160, 144};  // twice the resized frame
  const Rect first = CellInPhotograph({8, 8}, 0, cropped, photograph);
  EXPECT_EQ(first.x, 16);
  EXPECT_EQ(first.y, 8);
  EXPECT_EQ(first.width, 16);
  EXPECT_EQ(first.height, 16);
  const Rect last = CellInPhotograph({8, 8}, 63, cropped, photograph);
  EXPECT_EQ(last.x + last.width, 144);
  EXPECT_EQ(last.y + last.height, 136);
}

TEST(CellInPhotograph, HasAPixelInTheSmallestPhotograph) {
  const Rect cell = CellInPhotograph({8, 8}, 37, kPlain, {1, 1});
  EXPECT_EQ(cell.x, 0);
  EXPECT_EQ(cell.width, 1);
  EXPECT_EQ(cell.height, 1);
}

}  // namespace
}  // namespace touchstone
