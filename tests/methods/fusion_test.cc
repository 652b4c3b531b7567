#include "touchstone/methods/fusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "methods/golden_primitives.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

FeatureMap Constant(FeatureShape shape, float value) {
  return {shape, std::vector<float>(shape.num_values(), value)};
}

// A level of `channels` channels, channel c of which is the golden map times (c + 1).
FeatureMap LevelFrom(const ScoreMap& map, int channels) {
  FeatureMap level{{map.size.height, map.size.width, channels}, {}};
  for (const float value : map.values) {
    for (int c = 0; c < channels; ++c) level.values.push_back(value * static_cast<float>(c + 1));
  }
  return level;
}

TEST(FuseLevels, ResizesLikeTorch) {
  constexpr int kChannels = 3;
  const auto cases = GoldenPrimitives("bilinear");
  ASSERT_FALSE(cases.empty());
  for (const auto& golden : cases) {
    const ScoreMap from = MapFrom(golden.at("from"));
    const auto expected = golden.at("to").at("values").get<std::vector<double>>();
    const FeatureShape finest{golden.at("to").at("height"), golden.at("to").at("width"), 1};
    const FeatureMap fused = FuseLevels({Constant(finest, 5), LevelFrom(from, kChannels)});
    ASSERT_EQ(fused.shape, (FeatureShape{finest.height, finest.width, 1 + kChannels}));
    for (std::size_t p = 0; p < expected.size(); ++p) {
      ASSERT_EQ(fused.row(p)[0], 5.0F);
      for (int c = 0; c < kChannels; ++c) {
        ASSERT_NEAR(fused.row(p)[1 + c], expected[p] * (c + 1), 2e-6) << "location " << p;
      }
    }
  }
}

TEST(FuseLevels, GivesTheFirstLevelUnchanged) {
  const FeatureMap level{{2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}};
  EXPECT_EQ(FuseLevels({level}).values, level.values);
  EXPECT_EQ(FuseLevels({level}).shape, level.shape);
}

// Ties between gallery rows are broken by position, so equal features must stay exactly equal.
TEST(FuseLevels, KeepsEqualValuesEqual) {
  for (const float value : {0.1F, -3.3333333F, 1e-20F, 16777217.0F}) {
    const FeatureMap fused = FuseLevels({Constant({24, 31, 1}, 0), Constant({7, 5, 3}, value)});
    for (std::size_t p = 0; p < fused.shape.num_locations(); ++p) {
      for (int c = 1; c <= 3; ++c) ASSERT_EQ(fused.row(p)[c], value);
    }
  }
}

TEST(FuseLevels, NeverLeavesTheRangeOfItsNeighbours) {
  FeatureMap level{{5, 5, 1}, {}};
  for (int i = 0; i < 25; ++i) level.values.push_back(static_cast<float>(i * 37 % 11) * 0.3F);
  const auto [low, high] = std::minmax_element(level.values.begin(), level.values.end());
  const FeatureMap fused = FuseLevels({Constant({13, 17, 1}, 0), level});
  for (std::size_t p = 0; p < fused.shape.num_locations(); ++p) {
    ASSERT_GE(fused.row(p)[1], *low);
    ASSERT_LE(fused.row(p)[1], *high);
  }
}

TEST(FuseLevels, OfNothingIsABug) { EXPECT_THROW(FuseLevels({}), std::logic_error); }

// What a projection makes of fused rows, from the levels and from the rows themselves.
TEST(FusedRows, ProjectsLevelsAsItWouldTheRows) {
  std::mt19937 generator(4);
  const auto level = [&](int height, int width, int channels) {
    FeatureMap map{{height, width, channels}, {}};
    map.values.resize(map.shape.num_values());
    for (float& value : map.values) value = static_cast<float>(generator() % 1000) / 100 - 3;
    return map;
  };
  const std::vector<std::vector<FeatureMap>> pyramids{{level(8, 8, 5), level(4, 4, 70), level(2, 2, 130)},
                                                      {level(7, 9, 3), level(7, 9, 4), level(3, 5, 6)},
                                                      {level(6, 1, 40), level(1, 1, 9)},
                                                      {level(5, 5, 20)}};
  for (const std::vector<FeatureMap>& levels : pyramids) {
    const FusedRows rows(levels);
    const FeatureMap fused = FuseLevels(levels);
    const RowsView view{fused.values.data(), rows.rows(), rows.cols()};
    const Projection projection = FitProjection(view);
    const Coordinates of_levels = rows.ProjectAll(projection),
                      of_rows = Project(projection, MatrixRows(view));
    ASSERT_EQ(of_levels.dims, of_rows.dims);
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      const double rounding = projection.rounding() * of_levels.scales[r];
      EXPECT_GE(of_levels.scales[r], std::sqrt(of_rows.squared_lengths[r]) * 0.9999);
      EXPECT_NEAR(of_levels.squared_lengths[r], of_rows.squared_lengths[r],
                  projection.rounding() * of_levels.scales[r] * of_levels.scales[r]);
      double squared = 0;
      for (std::size_t d = 0; d < of_levels.dims; ++d) {
        squared +=
            std::pow(of_levels.values[r * of_levels.dims + d] - of_rows.values[r * of_rows.dims + d], 2.0);
      }
      EXPECT_LE(std::sqrt(squared), 2 * rounding);
    }
  }
}

TEST(FusedRows, ProjectsTheSameOnAnyNumberOfThreads) {
  std::mt19937 generator(6);
  std::vector<FeatureMap> levels{{{20, 20, 6}, {}}, {{10, 10, 40}, {}}};
  for (FeatureMap& level : levels) {
    level.values.resize(level.shape.num_values());
    for (float& value : level.values) value = static_cast<float>(generator() % 1000) / 100 - 3;
  }
  const FusedRows rows(levels);
  const FeatureMap fused = FuseLevels(levels);
  const Projection projection = FitProjection({fused.values.data(), rows.rows(), rows.cols()});
  Coordinates expected;
  WithThreads(1, [&] { expected = rows.ProjectAll(projection); });
  for (const int threads : {2, 7}) {
    WithThreads(threads, [&] {
      const Coordinates found = rows.ProjectAll(projection);
      EXPECT_EQ(found.values, expected.values);
      EXPECT_EQ(found.squared_lengths, expected.squared_lengths);
      EXPECT_EQ(found.scales, expected.scales);
    });
  }
}

}  // namespace
}  // namespace touchstone
