#include "touchstone/metrics/ranking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Metric Rocauc(const std::vector<double>& normal, const std::vector<double>& anomalous) {
  return RankImages(normal, anomalous).rocauc;
}

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

struct SlowFigures {
  double average_precision = 0;
  double f1_max = 0;
  double f1_threshold = 0;
};

// Straight from the equations: at each distinct score, everything is counted anew.
SlowFigures RankSlowly(const std::vector<double>& normal, const std::vector<double>& anomalous) {
  std::set<double, std::greater<>> thresholds(normal.begin(), normal.end());
  thresholds.insert(anomalous.begin(), anomalous.end());
  SlowFigures figures;
  double last_recall = 0;
  for (const double t : thresholds) {
    const auto reaches = [t](double score) { return score >= t; };
    const auto true_positives =
        static_cast<double>(std::count_if(anomalous.begin(), anomalous.end(), reaches));
    const auto called =
        true_positives + static_cast<double>(std::count_if(normal.begin(), normal.end(), reaches));
    const double recall = true_positives / static_cast<double>(anomalous.size());
    const double precision = true_positives / called;
    figures.average_precision += (recall - last_recall) * precision;
    last_recall = recall;
    const double f1 = true_positives == 0 ? 0 : 2 * precision * recall / (precision + recall);
    if (f1 > figures.f1_max + 1e-12) {
      figures.f1_max = f1;
      figures.f1_threshold = t;
    }
  }
  return figures;
}

TEST(RankImages, AgreesWithTheSlowFigures) {
  std::mt19937 random(17);
  for (const std::size_t num_normal : {1, 2, 7, 40}) {
    for (const std::size_t num_anomalous : {1, 3, 16, 33}) {
      const auto normal = DrawScores(random, num_normal);
      const auto anomalous = DrawScores(random, num_anomalous);
      const RankingFigures figures = RankImages(normal, anomalous);
      const SlowFigures slow = RankSlowly(normal, anomalous);
      EXPECT_NEAR(*figures.average_precision.value, slow.average_precision, 1e-12);
      EXPECT_NEAR(*figures.f1_max.value, slow.f1_max, 1e-12);
      EXPECT_EQ(*figures.f1_threshold.value, slow.f1_threshold);
    }
  }
}

TEST(RankImages, FollowsATableByHand) {
  // Falling: 9 a, 7 n, 5 a a n, 2 n. Recall 1/3, then 1; precision 1, then 3/5.
  const RankingFigures figures = RankImages({7, 5, 2}, {9, 5, 5});
  EXPECT_NEAR(*figures.average_precision.value, 1.0 / 3 + 2.0 / 3 * 3 / 5, 1e-15);
  EXPECT_NEAR(*figures.f1_max.value, 2.0 * 3 / (5 + 3), 1e-15);
  EXPECT_EQ(*figures.f1_threshold.value, 5);
  ASSERT_EQ(figures.roc.size(), 5U);
  const std::vector<std::pair<double, double>> corners{
      {0, 0}, {0, 1.0 / 3}, {1.0 / 3, 1.0 / 3}, {2.0 / 3, 1}, {1, 1}};
  for (std::size_t i = 0; i < corners.size(); ++i) {
    EXPECT_NEAR(figures.roc[i].x, corners[i].first, 1e-15) << i;
    EXPECT_NEAR(figures.roc[i].y, corners[i].second, 1e-15) << i;
  }
}

TEST(RankImages, TakesTheHighestOfEqualThresholds) {
  // 9 finds one of two without a false alarm: 2/3; 1 finds both with two: 4/6.
  const RankingFigures figures = RankImages({5, 5}, {9, 1});
  EXPECT_NEAR(*figures.f1_max.value, 2.0 / 3, 1e-15);
  EXPECT_EQ(*figures.f1_threshold.value, 9);
}

TEST(RankImages, LeavesEveryFigureUndefinedWithOneClass) {
  const RankingFigures figures = RankImages({1}, {});
  for (const Metric& metric : {figures.average_precision, figures.f1_max, figures.f1_threshold}) {
    EXPECT_FALSE(metric.value.has_value());
    EXPECT_EQ(metric.reason, figures.rocauc.reason);
  }
  EXPECT_TRUE(figures.roc.empty());
}

}  // namespace
}  // namespace touchstone
