#include "curves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace touchstone {
namespace {

// The height of a curve at x: of the highest point where it rises straight up.
double HeightAt(const Curve& curve, double x) {
  const auto after = std::upper_bound(curve.begin(), curve.end(), x,
                                      [](double value, const CurvePoint& p) { return value < p.x; });
  if (after == curve.end()) return curve.back().y;
  const CurvePoint a = *(after - 1), b = *after;
  return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
}

Curve Thinned(const Curve& curve) {
  CurveSketch sketch;
  for (const CurvePoint& point : curve) sketch.LineTo(point);
  return sketch.Thinned();
}

void ExpectMonotone(const Curve& curve) {
  for (std::size_t i = 1; i < curve.size(); ++i) {
    EXPECT_GE(curve[i].x, curve[i - 1].x);
    EXPECT_GE(curve[i].y, curve[i - 1].y);
  }
}

TEST(CurveSketch, KeepsEveryCornerOfAShortCurve) {
  const Curve corners{{0, 0}, {0, 0.5}, {0.25, 0.5}, {0.25, 0.75}, {0.5, 1}, {1, 1}};
  const Curve thinned = Thinned(corners);
  ASSERT_EQ(thinned.size(), corners.size());
  for (std::size_t i = 0; i < corners.size(); ++i) {
    EXPECT_EQ(thinned[i].x, corners[i].x);
    EXPECT_EQ(thinned[i].y, corners[i].y);
  }
}

TEST(CurveSketch, LooksTheSameInFewPointsHoweverManyThereAre) {
  for (const double bend : {0.01, 0.1, 0.5, 1.0}) {
    Curve curve;
    for (int i = 0; i <= 100000; ++i) {
      const double x = i / 100000.0;
      curve.push_back({x, std::pow(x, bend)});
    }
    const Curve thinned = Thinned(curve);
    EXPECT_LE(thinned.size(), static_cast<std::size_t>(kMaxCurvePoints));
    ExpectMonotone(thinned);
    for (const CurvePoint& point : curve) {
      // Beside a steep part, one step of the sketch to the side is as good as one up or down.
      const double lowest = HeightAt(thinned, std::max(0.0, point.x - 0.002)) - 0.002;
      const double highest = HeightAt(thinned, std::min(1.0, point.x + 0.002)) + 0.002;
      ASSERT_GE(point.y, lowest) << bend << " at " << point.x;
      ASSERT_LE(point.y, highest) << bend << " at " << point.x;
    }
  }
}

TEST(CurveSketch, StaysShortOnStairs) {
  std::mt19937 random(3);
  Curve stairs{{0, 0}};
  for (int i = 0; i < 5000; ++i) {
    CurvePoint next = stairs.back();
    (random() % 2 == 0 ? next.x : next.y) += static_cast<double>(random() % 1000) / 1.5e6;
    stairs.push_back({std::min(next.x, 1.0), std::min(next.y, 1.0)});
  }
  stairs.push_back({1, 1});
  const Curve thinned = Thinned(stairs);
  EXPECT_LE(thinned.size(), static_cast<std::size_t>(kMaxCurvePoints));
  EXPECT_GE(thinned.size(), 20U);
  ExpectMonotone(thinned);
}

TEST(CurveSketch, OfAStraightLineIsItsEnds) {
  Curve line;
  for (int i = 0; i <= 1000; ++i) line.push_back({i / 1000.0, i / 1000.0});
  EXPECT_LE(Thinned(line).size(), 30U);  // round-off bends it a little
  EXPECT_EQ(Thinned({{1, 1}}).size(), 2U);
}

}  // namespace
}  // namespace touchstone
