#include "random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

namespace touchstone {
namespace {

TEST(Random, StaysInsideItsLimits) {
  Random random(1, 2, 3);
  std::set<int> seen;
  for (int i = 0; i < 1000; ++i) {
    const double value = random.Uniform(-2, 3);
    EXPECT_GE(value, -2);
    EXPECT_LT(value, 3);
    seen.insert(random.Below(4));
  }
  EXPECT_EQ(seen, (std::set<int>{0, 1, 2, 3}));
}

TEST(Random, RepeatsItselfForTheSameSeedNumberAndStream) {
  Random a(1, 2, 3);
  Random b(1, 2, 3);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.Bits(), b.Bits());
}

TEST(Random, DiffersInEachOfSeedNumberAndStream) {
  const std::uint64_t high_bit = std::uint64_t{1} << 40;
  std::set<std::uint32_t> first = {Random(1, 2, 3).Bits(), Random(9, 2, 3).Bits(),
                                   Random(1 + high_bit, 2, 3).Bits(), Random(1, 9, 3).Bits(),
                                   Random(1, 2, 9).Bits()};
  EXPECT_EQ(first.size(), 5U);
}

TEST(SmoothNoise, PassesThroughTheHashNoiseOfIntegerPoints) {
  for (int x = -3; x < 4; ++x) {
    EXPECT_EQ(SmoothNoise(5, static_cast<float>(x), -2), HashNoise(5, x, -2));
  }
}

TEST(SmoothNoise, HasNoSteps) {
  for (float x = -2; x < 2; x += 0.01F) {
    EXPECT_LT(std::abs(SmoothNoise(7, x + 0.01F, 0.3F) - SmoothNoise(7, x, 0.3F)), 0.05F) << x;
  }
}

TEST(SensorNoise, HasMeanZeroAndStandardDeviationOne) {
  constexpr int kSize = 200;
  double sum = 0;
  double sum_of_squares = 0;
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const double noise = SensorNoise(11, x, y);
      sum += noise;
      sum_of_squares += noise * noise;
    }
  }
  EXPECT_NEAR(sum / (kSize * kSize), 0, 0.02);
  EXPECT_NEAR(sum_of_squares / (kSize * kSize), 1, 0.03);
}

}  // namespace
}  // namespace touchstone
