#include "score_bins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kTiny = std::numeric_limits<float>::denorm_min();
constexpr float kHuge = std::numeric_limits<float>::max();

std::vector<std::uint32_t> Keys(std::vector<float> thresholds) {
  std::vector<std::uint32_t> keys;
  for (const float threshold : thresholds) keys.push_back(OrderKey(threshold));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// The definition, score by score and threshold by threshold.
std::vector<std::uint64_t> CountSlowly(const std::vector<std::uint32_t>& keys,
                                       const std::vector<float>& scores) {
  std::vector<std::uint64_t> counts(2 * keys.size() + 1, 0);
  for (const float score : scores) {
    std::size_t bin = 0;
    for (const std::uint32_t key : keys) bin += OrderKey(score) > key ? 2 : OrderKey(score) == key ? 1 : 0;
    ++counts[bin];
  }
  return counts;
}

std::vector<std::uint64_t> CountAll(const std::vector<std::uint32_t>& keys,
                                    const std::vector<float>& scores) {
  ScoreBins bins(keys);
  bins.Count(scores.data(), nullptr, scores.size());
  return bins.Counts();
}

TEST(OrderKey, HasTheOrderOfTheNumbers) {
  const std::vector<float> ascending = {-kInfinity, -kHuge, -1,         -kTiny, 0,
                                        kTiny,      1,      1.0000001F, kHuge,  kInfinity};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(OrderKey(ascending[i - 1]), OrderKey(ascending[i])) << ascending[i];
  }
}

TEST(ScoreOfKey, IsTheWayBack) {
  for (const float score : {-1e30F, -2.5F, -1e-40F, 0.0F, 1e-40F, 0.1F, 3e38F}) {
    EXPECT_EQ(ScoreOfKey(OrderKey(score)), score);
  }
}

TEST(OrderKey, TreatsMinusZeroAsZero) { EXPECT_EQ(OrderKey(-0.0F), OrderKey(0.0F)); }

TEST(ScoreBins, CountsAtAndBetweenThresholds) {
  EXPECT_EQ(CountAll(Keys({1, 3}), {0, 1, 1, 2, 2, 2, 3, 4, 4}), (std::vector<std::uint64_t>{1, 2, 3, 1, 2}));
}

TEST(ScoreBins, PutsEverythingIntoOneBinWithoutThresholds) {
  EXPECT_EQ(CountAll({}, {1, 2, 3}), (std::vector<std::uint64_t>{3}));
}

TEST(ScoreBins, LeavesOutMaskedScores) {
  const std::vector<float> scores = {1, 1, 2, 3};
  const std::vector<std::uint8_t> mask = {0, 255, 1, 0};
  ScoreBins bins(Keys({1}));
  bins.Count(scores.data(), mask.data(), scores.size());
  EXPECT_EQ(bins.Counts(), (std::vector<std::uint64_t>{0, 1, 1}));
}

TEST(ScoreBins, AgreesWithTheDefinitionForAnySpreadOfThresholds) {
  std::mt19937 random(17);
  const auto draw = [&](float scale) { return scale * static_cast<float>(random() % 1000) - scale * 300; };
  for (const std::size_t num_thresholds : {1, 2, 3, 31, 64, 300}) {
    for (const float scale : {1e-30F, 1e-3F, 1.0F, 1e20F}) {
      std::vector<float> thresholds(num_thresholds);
      for (float& threshold : thresholds) threshold = draw(scale);
      if (num_thresholds > 2) thresholds[0] = kHuge;  // an outlier: all others share few buckets
      std::vector<float> scores(1000);
      for (float& score : scores) score = draw(scale);
      scores.insert(scores.end(), {-kInfinity, kInfinity, -0.0F, 0.0F, kTiny, kHuge});
      EXPECT_EQ(CountAll(Keys(thresholds), scores), CountSlowly(Keys(thresholds), scores))
          << num_thresholds << " thresholds of scale " << scale;
    }
  }
}

TEST(ScoreBins, CountsTheSameFromManyThreads) {
  std::mt19937 random(19);
  std::vector<float> scores(20000);
  for (float& score : scores) score = static_cast<float>(random() % 100);
  const auto keys = Keys({3, 10, 50, 51, 99});
  ScoreBins bins(keys);
  WithThreads(7, [&] {
    ParallelFor(scores.size() / 100, [&](std::size_t i) { bins.Count(&scores[100 * i], nullptr, 100); });
  });
  EXPECT_EQ(bins.Counts(), CountSlowly(keys, scores));
}

TEST(CoarsenCounts, EqualsCountingWithFewerThresholds) {
  std::mt19937 random(23);
  std::vector<float> scores(500);
  for (float& score : scores) score = static_cast<float>(random() % 20);
  const auto fine = Keys({2, 3, 5, 8, 13, 18});
  const auto counts = CountAll(fine, scores);
  for (const auto& coarse : {Keys({}), Keys({2}), Keys({18}), Keys({3, 5, 13}), fine}) {
    EXPECT_EQ(CoarsenCounts(fine, counts, coarse), CountSlowly(coarse, scores)) << coarse.size();
  }
}

}  // namespace
}  // namespace touchstone
