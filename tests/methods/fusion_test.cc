#include "touchstone/methods/fusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "methods/golden_primitives.h"

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

}  // namespace
}  // namespace touchstone
