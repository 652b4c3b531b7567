#include "touchstone/methods/anomaly_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "methods/golden_primitives.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

ScoreMap Filled(Size size, float value) {
  return {size, std::vector<float>(static_cast<std::size_t>(size.width) * size.height, value)};
}

ScoreMap Pattern(Size size) {
  ScoreMap map = Filled(size, 0);
  for (std::size_t i = 0; i < map.values.size(); ++i) map.values[i] = static_cast<float>(i * 7919 % 101);
  return map;
}

MapGeometry Uncropped(Size size, double sigma) { return {size, {0, 0, size.width, size.height}, sigma}; }

TEST(Smooth, EqualsScipysGaussianFilter) {
  const auto cases = GoldenPrimitives("gaussian");
  ASSERT_FALSE(cases.empty());
  for (const auto& golden : cases) {
    const ScoreMap map = MapFrom(golden);
    const double sigma = golden.at("sigma");
    const auto expected = golden.at("expected").get<std::vector<double>>();
    const ScoreMap smooth = Smooth(map, sigma);
    ASSERT_EQ(smooth.values.size(), expected.size());
    for (std::size_t p = 0; p < expected.size(); ++p) {
      ASSERT_NEAR(smooth.values[p], expected[p], 3e-6)
          << map.size.width << "x" << map.size.height << ", sigma " << sigma << ", pixel " << p;
    }
  }
}

TEST(Smooth, WithSigmaZeroChangesNothing) {
  const ScoreMap map = Pattern({9, 7});
  EXPECT_EQ(Smooth(map, 0).values, map.values);
}

// Every width, so that each remainder of a vector register is met: all pixels must be rounded alike.
TEST(Smooth, KeepsAFlatMapFlat) {
  for (int width = 1; width <= 40; ++width) {
    for (const double sigma : {0.7, 2.0, 4.0}) {
      const ScoreMap smooth = Smooth(Filled({width, 11}, 0.1F), sigma);
      const auto [low, high] = std::minmax_element(smooth.values.begin(), smooth.values.end());
      ASSERT_EQ(*low, *high) << "width " << width << ", sigma " << sigma;
      ASSERT_NEAR(*low, 0.1F, 1e-7);
    }
  }
}

TEST(Smooth, IsSymmetric) {
  ScoreMap point = Filled({33, 33}, 0);
  point.values[16 * 33 + 16] = 1;
  const ScoreMap smooth = Smooth(point, 3);
  for (int y = 0; y < 33; ++y) {
    for (int x = 0; x < 33; ++x) {
      ASSERT_EQ(smooth.values[y * 33 + x], smooth.values[y * 33 + 32 - x]);
      ASSERT_EQ(smooth.values[y * 33 + x], smooth.values[(32 - y) * 33 + x]);
    }
  }
}

TEST(Smooth, AcceptsTheWidestGaussianOnTheSmallestMap) {
  EXPECT_NEAR(Smooth(Filled({1, 1}, 3), 100).values[0], 3, 1e-5);
  for (const float value : Smooth(Filled({3, 2}, 3), 100).values) EXPECT_NEAR(value, 3, 1e-5);
}

TEST(MakeAnomalyMap, ResizesLikeTorch) {
  for (const auto& golden : GoldenPrimitives("bilinear")) {
    const ScoreMap from = MapFrom(golden.at("from"));
    const Size to{golden.at("to").at("width"), golden.at("to").at("height")};
    const auto expected = golden.at("to").at("values").get<std::vector<double>>();
    // Once as the step from the grid to the network's input, once as the step to the original.
    const ScoreMap first = MakeAnomalyMap({from}, Uncropped(to, 0), to);
    const ScoreMap last = MakeAnomalyMap({from}, Uncropped(from.size, 0), to);
    ASSERT_EQ(first.size, to);
    ASSERT_EQ(first.values, last.values);
    for (std::size_t p = 0; p < expected.size(); ++p) ASSERT_NEAR(first.values[p], expected[p], 1e-6);
  }
}

TEST(MakeAnomalyMap, SmoothsAtTheNetworksInputSize) {
  const ScoreMap grid = Pattern({5, 4});
  const ScoreMap at_input = MakeAnomalyMap({grid}, Uncropped({20, 16}, 0), {20, 16});
  EXPECT_EQ(MakeAnomalyMap({grid}, Uncropped({20, 16}, 2), {20, 16}).values, Smooth(at_input, 2).values);
}

TEST(MakeAnomalyMap, IsTheMeanOfItsGrids) {
  const ScoreMap map = MakeAnomalyMap({Filled({8, 8}, 1), Filled({4, 4}, 2), Filled({1, 1}, 6)},
                                      Uncropped({32, 32}, 0), {32, 32});
  EXPECT_EQ(map.values, Filled({32, 32}, 3).values);
}

TEST(MakeAnomalyMap, KeepsAFlatMapFlat) {
  for (const Size original : {Size{7, 5}, Size{61, 47}, Size{300, 200}}) {
    const ScoreMap map = MakeAnomalyMap({Filled({12, 12}, 0.3F)}, {{53, 47}, {4, 6, 43, 31}, 4}, original);
    const auto [low, high] = std::minmax_element(map.values.begin(), map.values.end());
    EXPECT_EQ(*low, *high) << original.width << "x" << original.height;
  }
}

TEST(MakeAnomalyMap, ExtendsEdgeValuesFromTheCropToTheFrame) {
  const ScoreMap crop = Pattern({5, 3});
  const MapGeometry geometry{{11, 9}, {2, 4, 5, 3}, 0};
  const ScoreMap map = MakeAnomalyMap({crop}, geometry, geometry.resized);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 11; ++x) {
      const int nearest = std::clamp(y - 4, 0, 2) * 5 + std::clamp(x - 2, 0, 4);
      ASSERT_EQ(map.values[y * 11 + x], crop.values[nearest]) << x << ", " << y;
    }
  }
}

// A crop that keeps all but an odd border must not shift the map.
TEST(MakeAnomalyMap, PutsAnOddCropWhereThePreprocessingTookIt) {
  const MapGeometry geometry{{8, 8}, {0, 2, 7, 5}, 0};
  ScoreMap crop = Filled({7, 5}, 0);
  crop.values[3 * 7 + 6] = 9;
  const ScoreMap map = MakeAnomalyMap({crop}, geometry, {8, 8});
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(map.values[i], i == 5 * 8 + 6 || i == 5 * 8 + 7 ? 9.0F : 0.0F) << i;
  }
}

TEST(MakeAnomalyMap, HasTheOriginalSizeForAnySize) {
  for (const Size original : {Size{1, 1}, Size{1, 17}, Size{640, 3}, Size{33, 65}}) {
    const ScoreMap map = MakeAnomalyMap({Pattern({4, 4})}, Uncropped({16, 16}, 4), original);
    EXPECT_EQ(map.size, original);
    ASSERT_EQ(map.values.size(), static_cast<std::size_t>(original.width) * original.height);
    for (const float value : map.values) ASSERT_TRUE(std::isfinite(value));
  }
}

TEST(MakeAnomalyMap, DoesNotDependOnThreads) {
  const auto make = [] { return MakeAnomalyMap({Pattern({56, 56})}, Uncropped({224, 224}, 4), {700, 500}); };
  const ScoreMap expected = make();
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] { EXPECT_EQ(make().values, expected.values) << threads; });
  }
}

TEST(MakeAnomalyMap, OfNoGridsIsABug) {
  EXPECT_THROW(MakeAnomalyMap({}, Uncropped({4, 4}, 0), {4, 4}), std::logic_error);
}

}  // namespace
}  // namespace touchstone
