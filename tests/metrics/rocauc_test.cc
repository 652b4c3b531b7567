#include "touchstone/metrics/rocauc.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Straight from the equation: every pair.
double RocaucOverPairs(const std::vector<double>& normal, const std::vector<double>& anomalous) {
  double wins = 0;
  for (const double n : normal) {
    for (const double a : anomalous) wins += a > n ? 1.0 : a == n ? 0.5 : 0.0;
  }
  return wins / (static_cast<double>(normal.size()) * static_cast<double>(anomalous.size()));
}

// Integers from a small range, so that many are equal.
std::vector<double> DrawScores(std::mt19937& random, std::size_t count) {
  std::vector<double> scores(count);
  for (double& score : scores) score = static_cast<double>(random() % 8);
  return scores;
}

TEST(Rocauc, IsOneWhereEveryAnomalousImageScoresHigher) { EXPECT_EQ(Rocauc({1, 2}, {3, 4}).value, 1.0); }

TEST(Rocauc, IsZeroWhereEveryAnomalousImageScoresLower) { EXPECT_EQ(Rocauc({3, 4}, {1, 2}).value, 0.0); }

TEST(Rocauc, GivesTiesHalfCredit) {
  EXPECT_EQ(Rocauc({5, 5, 5}, {5, 5}).value, 0.5);
  EXPECT_EQ(Rocauc({1, 2}, {2, 3}).value, 3.5 / 4);
}

TEST(Rocauc, EqualsTheCountOverAllPairs) {
  std::mt19937 random(7);
  for (const std::size_t num_normal : {1, 2, 3, 9, 40}) {
    for (const std::size_t num_anomalous : {1, 4, 17, 33}) {
      const auto normal = DrawScores(random, num_normal);
      const auto anomalous = DrawScores(random, num_anomalous);
      EXPECT_DOUBLE_EQ(*Rocauc(normal, anomalous).value, RocaucOverPairs(normal, anomalous));
    }
  }
}

TEST(Rocauc, IsUnchangedByAMonotoneMapOfTheScores) {
  std::mt19937 random(11);
  auto normal = DrawScores(random, 31);
  auto anomalous = DrawScores(random, 17);
  const Metric before = Rocauc(normal, anomalous);
  for (double& score : normal) score = std::exp(3 * score) - 5;
  for (double& score : anomalous) score = std::exp(3 * score) - 5;
  EXPECT_EQ(Rocauc(normal, anomalous).value, before.value);
}

TEST(Rocauc, BecomesItsComplementUnderSignFlip) {
  std::mt19937 random(13);
  auto normal = DrawScores(random, 31);
  auto anomalous = DrawScores(random, 17);
  const double before = *Rocauc(normal, anomalous).value;
  for (double& score : normal) score = -score;
  for (double& score : anomalous) score = -score;
  EXPECT_DOUBLE_EQ(*Rocauc(normal, anomalous).value, 1 - before);
}

TEST(Rocauc, IsUndefinedWithOneClass) {
  for (const Metric& metric : {Rocauc({}, {1, 2}), Rocauc({1, 2}, {}), Rocauc({}, {})}) {
    EXPECT_FALSE(metric.value.has_value());
    EXPECT_FALSE(metric.reason.empty());
  }
  EXPECT_NE(Rocauc({}, {1}).reason, Rocauc({1}, {}).reason);
}

TEST(Rocauc, HasNoReasonWhereItHasAValue) { EXPECT_TRUE(Rocauc({1}, {2}).reason.empty()); }

TEST(Rocauc, RefusesNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  try {
    Rocauc({1, nan}, {2});
    FAIL() << "accepted NaN";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::kNotFinite);
    EXPECT_NE(error.message.find("score 1 of the normal images"), std::string::npos) << error.message;
  }
  EXPECT_THROW(Rocauc({1}, {nan}), Error);
}

TEST(Rocauc, GivesInfiniteScoresTheirPlaceInTheOrder) {
  EXPECT_EQ(Rocauc({-kInfinity, 0}, {kInfinity, 0}).value, 3.5 / 4);
}

TEST(Rocauc, TreatsMinusZeroAsZero) { EXPECT_EQ(Rocauc({-0.0}, {0.0}).value, 0.5); }

}  // namespace
}  // namespace touchstone
