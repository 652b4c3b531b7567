// The values that the official MVTec scripts gave, recorded in the method description (section 6).
// Those scripts keep the false-positive rate in float32, hence the tolerance.
#include <gtest/gtest.h>

#include <cmath>

#include "pixel_metrics_fixture.h"

namespace touchstone {
namespace {

constexpr double kTolerance = 1e-6;

void ExpectAuPro(const MemoryCategory& category, const std::vector<double>& limits,
                 const std::vector<double>& expected) {
  const PixelMetrics metrics = ComputePixelMetrics(category.Source(), limits).overall;
  for (std::size_t i = 0; i < limits.size(); ++i) {
    ASSERT_TRUE(metrics.au_pro[i].value.has_value());
    EXPECT_NEAR(*metrics.au_pro[i].value, expected[i], kTolerance) << "limit " << limits[i];
  }
}

template <typename Value>
PixelImage MakeImage(Size size, Value value, Mask mask) {
  PixelImage image{{size, {}}, std::move(mask)};
  for (int p = 0; p < size.width * size.height; ++p) image.map.values.push_back(static_cast<float>(value(p)));
  return image;
}

TEST(NumpyUniform, GivesTheDoublesOfNumpy) {
  NumpyUniform uniform(1338);
  EXPECT_EQ(uniform(), 0.60830877559561081);
  EXPECT_EQ(uniform(), 0.97587320339559536);
  EXPECT_EQ(uniform(), 0.039764810702217046);
}

TEST(AuProGolden, EqualsTheOfficialScriptsOnTheLargeSet) {
  constexpr Size kSize{500, 300};
  const Mask mask = MakeMask(kSize, [](int x, int y) { return x < 10 && y < 10; });
  NumpyUniform uniform(1338);
  MemoryCategory category;
  for (int i = 0; i < 200; ++i)
    category.Add("defect", MakeImage(
                               kSize, [&](int) { return uniform(); }, mask));
  ExpectAuPro(category, {0.3}, {0.1510192660313794});
}

MemoryCategory SmallSet(double rounding_step) {
  constexpr Size kSize{30, 20};
  NumpyUniform uniform(1338);
  MemoryCategory category;
  for (int i = 0; i < 6; ++i) {
    const Mask mask = MakeMask(kSize, [i](int x, int y) {
      const bool block = y >= 2 && y < 6 && x >= 3 + i && x < 9 + i;
      const bool touching_corner = y == 6 && x == 9 + i;
      const bool second = y >= 15 && y < 17 && x >= 20 && x < 24;
      return i < 4 && (block || touching_corner || second);
    });
    const auto value = [&](int p) {
      const double score = uniform() + (mask.values[p] != 0 ? 0.35 : 0.0);
      return rounding_step > 0 ? std::nearbyint(score / rounding_step) * rounding_step : score;
    };
    category.Add(i < 4 ? "defect" : "", MakeImage(kSize, value, mask));
  }
  return category;
}

TEST(AuProGolden, EqualsTheOfficialScriptsOnTheSmallSet) {
  ExpectAuPro(SmallSet(0), {0.05, 0.1, 0.3, 1},
              {0.352503604498, 0.372462153519, 0.501232097189, 0.790053346236});
}

TEST(AuProGolden, CountsEightRegionsInTheSmallSet) {
  EXPECT_EQ(ComputePixelMetrics(SmallSet(0).Source(), {}).overall.num_regions, 8U);
}

TEST(AuProGolden, EqualsTheOfficialScriptsOnRoundedScores) {
  ExpectAuPro(SmallSet(0.1), {0.05, 0.3}, {0.306193714222, 0.491671626504});
}

TEST(AuProGolden, EqualsTheOfficialScriptsOnARamp) {
  constexpr Size kSize{5, 4};
  const Mask mask = MakeMask(kSize, [](int x, int y) { return (x == y && x < 2) || (y == 3 && x >= 3); });
  MemoryCategory category;
  category.Add("defect", MakeImage(
                             kSize, [](int p) { return p / 20.0; }, mask));
  ExpectAuPro(category, {0.3, 1}, {0.5, 0.578125});
}

TEST(AuProGolden, EqualsTheOfficialScriptsOnAConstantMap) {
  constexpr Size kSize{6, 5};
  const Mask mask = MakeMask(kSize, [](int x, int y) { return x == 2 && y == 2; });
  MemoryCategory category;
  category.Add("defect", MakeImage(
                             kSize, [](int) { return 0.25; }, mask));
  ExpectAuPro(category, {0.3}, {0.15});
}

}  // namespace
}  // namespace touchstone
