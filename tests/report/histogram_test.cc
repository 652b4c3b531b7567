#include "report/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace touchstone {
namespace {

TEST(Histogram, CountsEachValueInItsBin) {
  const Histogram histogram = MakeHistogram({{"a", {0, 9, 10, 199}}, {"b", {25}}});
  EXPECT_EQ(histogram.from, 0);
  EXPECT_EQ(histogram.step, 5);
  ASSERT_EQ(histogram.counts.at("a").size(), 40U);
  ASSERT_EQ(histogram.counts.at("b").size(), 40U);
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_EQ(histogram.counts.at("a")[i], i < 3 || i == 39 ? 1U : 0U) << i;
    EXPECT_EQ(histogram.counts.at("b")[i], i == 5 ? 1U : 0U) << i;
  }
}

TEST(Histogram, HasAReadableNumberOfBinsForEveryRange) {
  std::mt19937 random(1);
  for (double power = -200; power <= 200; power += 7.3) {
    const double low = std::pow(10, power), high = low * (1 + static_cast<double>(random() % 1000 + 1) / 100);
    const Histogram histogram = MakeHistogram({{"a", {low, high}}});
    const auto& counts = histogram.counts.at("a");
    EXPECT_GE(counts.size(), 15U) << power;
    EXPECT_LE(counts.size(), 55U) << power;
    EXPECT_EQ(counts.front(), 1U);
    EXPECT_EQ(counts.back(), 1U);
  }
}

TEST(Histogram, OfEqualValuesIsOneBin) {
  for (const double value : {0.0, 3.7, -12.0, 1e300, 1e-300}) {
    const Histogram histogram = MakeHistogram({{"a", {value, value, value}}});
    ASSERT_EQ(histogram.counts.at("a"), (std::vector<std::size_t>{3})) << value;
    EXPECT_LE(histogram.from, value);
    EXPECT_GT(histogram.from + histogram.step, value);
  }
}

TEST(Histogram, DividesAtAGivenEdge) {
  const double edge = 1931.98999, above = std::nextafter(edge, 1e9);
  const Histogram histogram = MakeHistogram({{"a", {900, edge, above, 6800}}}, edge);
  const auto& counts = histogram.counts.at("a");
  const auto at_edge = static_cast<std::size_t>(std::lround((edge - histogram.from) / histogram.step));
  EXPECT_NEAR(histogram.from + static_cast<double>(at_edge) * histogram.step, edge, 1e-9);
  EXPECT_EQ(counts.at(at_edge - 1), 1U);
  EXPECT_EQ(counts.at(at_edge), 1U);
  EXPECT_EQ(counts.front(), 1U);
  EXPECT_EQ(counts.back(), 1U);
}

TEST(Histogram, MayLieOnEitherSideOfItsEdge) {
  for (const double edge : {-50.0, 5.0, 200.0}) {
    const Histogram histogram = MakeHistogram({{"a", {0, 10}}}, edge);
    EXPECT_LE(histogram.from, 0) << edge;
    EXPECT_GE(histogram.from + histogram.step, 0) << edge;
    EXPECT_EQ(histogram.counts.at("a").back(), 1U) << edge;
  }
  EXPECT_EQ(MakeHistogram({{"a", {3, 3}}}, 3).counts.at("a"), (std::vector<std::size_t>{2}));
}

TEST(Histogram, OfNothingHasNoBins) { EXPECT_TRUE(MakeHistogram({}).counts.empty()); }

}  // namespace
}  // namespace touchstone
