#include "resampling.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "touchstone/core/parallel.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {
namespace {

TEST(DrawAnew, DrawsAsManyAsThereAreAndEachAboutAsOften) {
  Random random(1);
  std::vector<int> sums(10, 0);
  for (int draw = 0; draw < 10000; ++draw) {
    const auto times = DrawAnew(10, random);
    EXPECT_EQ(std::accumulate(times.begin(), times.end(), 0U), 10U);
    for (int i = 0; i < 10; ++i) sums[i] += static_cast<int>(times[i]);
  }
  for (const int sum : sums) EXPECT_NEAR(sum, 10000, 400);  // four standard deviations
}

TEST(PercentileIntervals, LieBetweenTheQuantilesOfTheResamples) {
  // The mean of 100 tosses of a fair coin: 1/2 +- 1.96 * 0.05.
  const auto tosses = [](Random& random) {
    int heads = 0;
    for (int i = 0; i < 100; ++i) heads += static_cast<int>(random() >> 63U);
    return std::vector<double>{heads / 100.0, 7};
  };
  const auto intervals = PercentileIntervals({4000, 0.95, 3}, tosses);
  ASSERT_EQ(intervals.size(), 2U);
  EXPECT_NEAR(intervals[0].low, 0.402, 0.011);
  EXPECT_NEAR(intervals[0].high, 0.598, 0.011);
  EXPECT_EQ(intervals[1].low, 7);
  EXPECT_EQ(intervals[1].high, 7);
  const auto narrower = PercentileIntervals({4000, 0.5, 3}, tosses);
  EXPECT_GT(narrower[0].low, intervals[0].low);
  EXPECT_LT(narrower[0].high, intervals[0].high);
}

TEST(PercentileIntervals, InterpolateBetweenTwoResamples) {
  std::atomic<int> next{0};
  const auto intervals = PercentileIntervals(
      {2, 0.5, 0}, [&](Random&) { return std::vector<double>{next++ == 0 ? 10.0 : 20.0}; });
  EXPECT_DOUBLE_EQ(intervals[0].low, 12.5);
  EXPECT_DOUBLE_EQ(intervals[0].high, 17.5);
}

TEST(PercentileIntervals, LeaveOutResamplesWithoutFigures) {
  EXPECT_TRUE(PercentileIntervals({5, 0.95, 0}, [](Random&) { return std::vector<double>{}; }).empty());
  EXPECT_TRUE(PercentileIntervals({}, [](Random&) { return std::vector<double>{1}; }).empty());
}

TEST(IntervalOfMean, IsNarrowerByTheRootOfTheNumberOfIndependentSets) {
  const auto tosses = [](Random& random) {
    int heads = 0;
    for (int i = 0; i < 100; ++i) heads += static_cast<int>(random() >> 63U);
    return std::vector<double>{heads / 100.0};
  };
  const Interval one = PercentileIntervals({4000, 0.95, 0}, tosses)[0];
  const std::optional<Interval> mean = IntervalOfMean({&one, &one, &one, &one}, Draws::kIndependent, 0.95);
  ASSERT_TRUE(mean.has_value());
  EXPECT_NEAR(mean->low, 0.451, 0.006);
  EXPECT_NEAR(mean->high, 0.549, 0.006);
  // The same draws four times are no more than once.
  const std::optional<Interval> same = IntervalOfMean({&one, &one}, Draws::kTogether, 0.95);
  EXPECT_DOUBLE_EQ(same->low, one.low);
  EXPECT_DOUBLE_EQ(same->high, one.high);
}

TEST(IntervalOfMean, DoesNotDependOnTheOrderOfTheSets) {
  const auto numbers = [](Random& random) {
    const auto number = static_cast<double>(random() % 1000);
    return std::vector<double>{number, number * number, -number};
  };
  const std::vector<Interval> sets = PercentileIntervals({50, 0.95, 0}, numbers);
  const auto there = IntervalOfMean({&sets[0], &sets[1], &sets[2]}, Draws::kIndependent, 0.95);
  const auto back = IntervalOfMean({&sets[2], &sets[0], &sets[1]}, Draws::kIndependent, 0.95);
  EXPECT_EQ(there->low, back->low);
  EXPECT_EQ(there->high, back->high);
}

TEST(IntervalOfMean, IsUndefinedWithoutSetsAndForMoreIndependentSetsThanResamples) {
  EXPECT_FALSE(IntervalOfMean({}, Draws::kTogether, 0.95).has_value());
  EXPECT_FALSE(IntervalOfMean({}, Draws::kIndependent, 0.95).has_value());
  const auto number = [](Random& random) { return std::vector<double>{static_cast<double>(random() % 100)}; };
  const Interval set = PercentileIntervals({3, 0.95, 0}, number)[0];
  EXPECT_TRUE(IntervalOfMean({&set, &set, &set}, Draws::kIndependent, 0.95).has_value());
  EXPECT_FALSE(IntervalOfMean({&set, &set, &set, &set}, Draws::kIndependent, 0.95).has_value());
  EXPECT_TRUE(IntervalOfMean({&set, &set, &set, &set}, Draws::kTogether, 0.95).has_value());
}

TEST(IntervalOfMean, IsUndefinedWithoutResamplesOfEverySet) {
  int next = 0;
  WithThreads(1, [&] {
    const auto some = PercentileIntervals({4, 0.95, 0}, [&](Random&) {
      return ++next == 2 ? std::vector<double>{} : std::vector<double>{1.0};  // one draw is left out
    });
    const auto all = PercentileIntervals({4, 0.95, 0}, [](Random&) { return std::vector<double>{2.0}; });
    EXPECT_FALSE(IntervalOfMean({&some[0], &all[0]}, Draws::kTogether, 0.95).has_value());
    EXPECT_TRUE(IntervalOfMean({&all[0]}, Draws::kTogether, 0.95).has_value());
    const auto fewer = PercentileIntervals({3, 0.95, 0}, [](Random&) { return std::vector<double>{2.0}; });
    EXPECT_FALSE(IntervalOfMean({&fewer[0], &all[0]}, Draws::kTogether, 0.95).has_value());
    const auto many = PercentileIntervals({kMaxKeptResamples + 1, 0.95, 0},
                                          [](Random&) { return std::vector<double>{2.0}; });
    EXPECT_FALSE(IntervalOfMean({&many[0]}, Draws::kTogether, 0.95).has_value());
  });
}

TEST(RankImages, GivesEveryFigureAnIntervalThatDependsOnTheSeedAlone) {
  std::vector<double> normal, anomalous;
  std::mt19937 random(5);
  for (int i = 0; i < 40; ++i) normal.push_back(static_cast<double>(random() % 100));
  for (int i = 0; i < 30; ++i) anomalous.push_back(static_cast<double>(40 + random() % 100));
  const auto rocauc = [&](std::uint64_t seed) {
    return RankImages(normal, anomalous, {500, 0.95, seed}).rocauc;
  };
  RankingFigures figures;
  WithThreads(1, [&] { figures = RankImages(normal, anomalous, {500, 0.95, 1}); });
  for (const Metric& metric :
       {figures.rocauc, figures.average_precision, figures.f1_max, figures.f1_threshold}) {
    ASSERT_TRUE(metric.interval.has_value());
    EXPECT_LE(metric.interval->low, *metric.value);
    EXPECT_GE(metric.interval->high, *metric.value);
  }
  WithThreads(7, [&] { EXPECT_EQ(rocauc(1).interval->low, figures.rocauc.interval->low); });
  EXPECT_NE(rocauc(2).interval->low, figures.rocauc.interval->low);
  // Hanley and McNeil's standard error of ROCAUC, from the same paper, agrees within a fourth.
  const double a = *figures.rocauc.value, q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
  const double error = std::sqrt((a * (1 - a) + 29 * (q1 - a * a) + 39 * (q2 - a * a)) / (30 * 40));
  EXPECT_NEAR(figures.rocauc.interval->high - figures.rocauc.interval->low, 2 * 1.96 * error, 0.98 * error);
}

TEST(RankImages, GivesNoIntervalUnlessAsked) {
  EXPECT_FALSE(RankImages({1, 2}, {3}).rocauc.interval.has_value());
}

}  // namespace
}  // namespace touchstone
