#include "score_bins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>
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
  const ScoreBins bins(keys);
  BinCounter counter(bins);
  counter.Count(scores.data(), nullptr, scores.size());
  return counter.Counts();
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
  for (const auto& [thresholds, expected] :
       std::vector<std::pair<std::vector<float>, std::vector<std::uint64_t>>>{{{1}, {0, 1, 1}}, {{}, {2}}}) {
    const ScoreBins bins(Keys(thresholds));
    BinCounter counter(bins);
    counter.Count(scores.data(), mask.data(), scores.size());
    EXPECT_EQ(counter.Counts(), expected);
  }
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

// Thresholds that no rule spreads well, and the scores right beside every one of them.
TEST(ScoreBins, AgreesWithTheDefinitionOnCrowdedThresholds) {
  std::mt19937 random(29);
  const auto step = [](float from, std::uint32_t count) { return ScoreOfKey(OrderKey(from) + count); };
  std::vector<std::vector<float>> cases(5);
  for (std::uint32_t i = 0; i < 100; ++i) {
    cases[0].push_back(step(1, i));                                  // one bucket holds nearly all:
    cases[1].push_back(step(-7, i));                                 // by the outliers below
    cases[2].push_back(std::ldexp(1.0F, static_cast<int>(i) - 50));  // even in their logarithms
    cases[3].push_back(static_cast<float>(i) / 100);                 // even in themselves
    cases[4].push_back(step(-kHuge, static_cast<std::uint32_t>(random() % 0xFEFFFFFFU)));  // anything finite
  }
  cases[0].insert(cases[0].end(), {-kHuge, kHuge});
  cases[1].insert(cases[1].end(), {-kInfinity, kInfinity, 0});
  for (std::size_t c = 0; c < cases.size(); ++c) {
    std::vector<float> scores{-kInfinity, kInfinity, kHuge, -kHuge, 0};
    for (const float threshold : cases[c]) {
      scores.insert(scores.end(),
                    {threshold, std::nextafter(threshold, -kInfinity), std::nextafter(threshold, kInfinity)});
    }
    EXPECT_EQ(CountAll(Keys(cases[c]), scores), CountSlowly(Keys(cases[c]), scores)) << "case " << c;
  }
}

// Above some 65,000 thresholds scores are sorted roughly before they are looked up.
TEST(ScoreBins, AgreesWithABinarySearchForManyThresholds) {
  std::mt19937 random(31);
  for (const bool is_linear : {true, false}) {
    const auto draw = [&] {
      const float value = static_cast<float>(random() % 1000000) / 1000000;
      return is_linear ? value : std::exp(50 * value - 30);
    };
    std::vector<float> thresholds(100000), scores(30000);
    for (float& threshold : thresholds) threshold = draw();
    for (float& score : scores) score = random() % 3 == 0 ? thresholds[random() % 100000] : draw();
    scores.insert(scores.end(), {-kInfinity, kInfinity, -1, 0, 2, kHuge});
    std::vector<std::uint8_t> mask(scores.size());
    for (std::uint8_t& value : mask) value = random() % 4 == 0 ? 1 : 0;
    const std::vector<std::uint32_t> keys = Keys(thresholds);
    std::vector<std::uint64_t> expected(2 * keys.size() + 1);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (mask[i] != 0) continue;
      const auto found = std::lower_bound(keys.begin(), keys.end(), OrderKey(scores[i]));
      const bool is_equal = found != keys.end() && *found == OrderKey(scores[i]);
      ++expected[2 * static_cast<std::size_t>(found - keys.begin()) + (is_equal ? 1 : 0)];
    }
    const ScoreBins bins(keys);
    BinCounter counter(bins);
    counter.Count(scores.data(), mask.data(), scores.size());
    ASSERT_GT(keys.size(), 65536U);
    EXPECT_EQ(counter.Counts(), expected) << "linear: " << is_linear;
  }
}

TEST(ScoreBins, CountsTheSameFromManyThreads) {
  std::mt19937 random(19);
  std::vector<float> scores(20000);
  for (float& score : scores) score = static_cast<float>(random() % 100);
  const auto keys = Keys({3, 10, 50, 51, 99});
  const ScoreBins bins(keys);
  BinCounter counter(bins);
  WithThreads(7, [&] {
    ParallelFor(scores.size() / 100, [&](std::size_t i) { counter.Count(&scores[100 * i], nullptr, 100); });
  });
  EXPECT_EQ(counter.Counts(), CountSlowly(keys, scores));
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
