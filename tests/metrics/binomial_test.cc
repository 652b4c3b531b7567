#include "touchstone/metrics/binomial.h"

#include <gtest/gtest.h>

#include <cmath>

namespace touchstone {
namespace {

// SciPy 1.10: stats.binomtest(k, n).proportion_ci(method="wilson").
TEST(BinomialShare, HasScipysInterval) {
  const Metric none = BinomialShare(0, 10);
  EXPECT_EQ(none.value, 0.0);
  EXPECT_NEAR(none.interval->low, 0, 1e-12);
  EXPECT_NEAR(none.interval->high, 0.2775327999, 1e-7);
  const Metric some = BinomialShare(15, 40);
  EXPECT_EQ(some.value, 0.375);
  EXPECT_NEAR(some.interval->low, 0.2422297917, 1e-7);
  EXPECT_NEAR(some.interval->high, 0.5296756086, 1e-7);
}

// The ends are where the share lies z standard deviations away: |p - end| = z sqrt(end (1 - end) / n).
TEST(BinomialShare, EndsWhereTheScoreTestDoes) {
  for (const std::uint64_t n : {1U, 3U, 17U, 1000U}) {
    for (std::uint64_t hits = 0; hits <= n; hits += 1 + n / 7) {
      const Metric share = BinomialShare(hits, n);
      for (const double end : {share.interval->low, share.interval->high}) {
        const double deviation = 1.959964 * std::sqrt(end * (1 - end) / static_cast<double>(n));
        EXPECT_NEAR(std::abs(*share.value - end), deviation, 1e-9) << hits << " of " << n;
      }
    }
  }
}

TEST(BinomialShare, TurnsWithItsSubject) {
  const Metric hits = BinomialShare(3, 20), misses = BinomialShare(17, 20);
  EXPECT_NEAR(hits.interval->low, 1 - misses.interval->high, 1e-12);
  EXPECT_NEAR(hits.interval->high, 1 - misses.interval->low, 1e-12);
}

TEST(BinomialShare, OfNothingIsUndefined) {
  EXPECT_FALSE(BinomialShare(0, 0).value);
  EXPECT_NE(BinomialShare(0, 0).reason, "");
}

}  // namespace
}  // namespace touchstone
