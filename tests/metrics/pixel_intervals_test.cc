#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "pixel_histograms.h"
#include "pixel_metrics_fixture.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

const std::vector<double> kLimits = {0.05, 0.3};

// Maps like real ones: smooth noise that is higher inside two blobs, and differs from image to image.
MemoryCategory DrawCategory(std::uint32_t seed, int num_good, int num_defective) {
  constexpr Size kSize{60, 50};
  std::mt19937 random(seed);
  std::normal_distribution<double> noise;
  MemoryCategory category;
  for (int i = 0; i < num_good + num_defective; ++i) {
    const bool is_good = i < num_good;
    const int at = 5 + static_cast<int>(random() % 20);
    const Mask mask = MakeMask(kSize, [&](int x, int y) {
      return !is_good && ((x >= at && x < at + 9 && y >= 10 && y < 15) || (x == 50 && y >= at && y < at + 4));
    });
    const double level = 0.3 * noise(random);
    ScoreMap map{kSize, {}};
    for (const std::uint8_t is_defect : mask.values) {
      map.values.push_back(static_cast<float>(std::exp(level + noise(random) + (is_defect != 0 ? 2 : 0))));
    }
    category.Add(is_good ? "" : "dent", std::move(map), is_good ? std::nullopt : std::optional<Mask>(mask));
  }
  return category;
}

PixelMetrics Overall(const MemoryCategory& category, const BootstrapOptions& bootstrap) {
  return ComputePixelMetrics(category.Source(), kLimits, {bootstrap}).overall;
}

std::vector<Metric> AllMetrics(const PixelMetrics& figures) {
  std::vector<Metric> metrics{figures.ranking.rocauc, figures.ranking.average_precision,
                              figures.ranking.f1_max};
  metrics.insert(metrics.end(), figures.au_pro.begin(), figures.au_pro.end());
  return metrics;
}

TEST(PixelIntervals, OfOneImageOfEachKindAreItsBinnedFiguresAndThoseAreNearTheExactOnes) {
  // With one image of each kind every resample is the same: the interval shows what the bins make of it.
  for (const std::uint32_t seed : {1U, 2U, 3U}) {
    for (const Metric& metric : AllMetrics(Overall(DrawCategory(seed, 1, 1), {3, 0.95, 0}))) {
      ASSERT_TRUE(metric.interval.has_value());
      EXPECT_EQ(metric.interval->low, metric.interval->high);
      EXPECT_NEAR(metric.interval->low, *metric.value, 0.005);
    }
  }
}

TEST(PixelIntervals, AgreeWithExactFiguresOfImagesDrawnAnew) {
  const MemoryCategory category = DrawCategory(7, 6, 6);
  const PixelMetrics figures = Overall(category, {400, 0.9, 1});
  std::mt19937 random(2);
  std::vector<std::vector<double>> exact(AllMetrics(figures).size());
  for (int draw = 0; draw < 400; ++draw) {
    MemoryCategory drawn;
    for (std::size_t i = 0; i < 12; ++i) {
      const std::size_t from = (i < 6 ? 0 : 6) + random() % 6;
      drawn.Add(category.items[from].group, category.images[from]);
    }
    const std::vector<Metric> metrics = AllMetrics(Overall(drawn, {}));
    for (std::size_t f = 0; f < metrics.size(); ++f) exact[f].push_back(*metrics[f].value);
  }
  for (std::size_t f = 0; f < exact.size(); ++f) {
    std::sort(exact[f].begin(), exact[f].end());
    const Interval interval = *AllMetrics(figures)[f].interval;
    const double width = exact[f][380] - exact[f][20];
    EXPECT_NEAR(interval.low, exact[f][20], 0.005 + 0.2 * width) << f;
    EXPECT_NEAR(interval.high, exact[f][380], 0.005 + 0.2 * width) << f;
  }
}

TEST(PixelIntervals, AreTheSameForAnyNumberOfThreads) {
  const MemoryCategory category = DrawCategory(9, 3, 4);
  PixelMetrics one, many;
  WithThreads(1, [&] { one = Overall(category, {50, 0.95, 1}); });
  WithThreads(7, [&] { many = Overall(category, {50, 0.95, 1}); });
  const std::vector<Metric> expected = AllMetrics(one), found = AllMetrics(many);
  for (std::size_t f = 0; f < expected.size(); ++f) {
    EXPECT_EQ(found[f].interval->low, expected[f].interval->low);
    EXPECT_EQ(found[f].interval->high, expected[f].interval->high);
  }
}

TEST(PixelIntervals, AreThereForEveryGroupThatHasFigures) {
  MemoryCategory category = DrawCategory(11, 2, 3);
  category.items.back().group = "hole";
  category.Add("unmarked", category.images[0].map, std::nullopt);
  const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits, {{20, 0.95, 0}});
  EXPECT_TRUE(metrics.per_group.at("hole").au_pro[0].interval.has_value());
  EXPECT_TRUE(metrics.per_group.at("dent").ranking.rocauc.interval.has_value());
  EXPECT_FALSE(metrics.per_group.at("unmarked").ranking.rocauc.interval.has_value());
}

TEST(EdgeWalk, KeepsTheLowestThresholdAndSomeHundredInAll) {
  EdgeWalk walk({10000, 10000, 1});
  for (int i = 0; i < 10000; ++i) walk.Take({-i / 100.0, 1, 0, 1, 1e-4});
  const std::vector<std::uint32_t> edges = walk.Finish();
  EXPECT_EQ(edges.front(), OrderKey(-99.99F));
  EXPECT_TRUE(std::is_sorted(edges.begin(), edges.end()));
  EXPECT_GE(edges.size(), 256U);
  EXPECT_LE(edges.size(), 600U);
}

TEST(PixelHistogram, AddsUp) {
  PixelHistogram sum(3), one(3);
  one.anomaly_free = {1, 2, 4};
  one.defects = {0, 3, 1};
  one.weights = {0, 0.5, 1};
  one.num_regions = 1;
  sum.Add(one, 2);
  sum.Add(one, 1);
  EXPECT_EQ(sum.anomaly_free, (std::vector<std::uint64_t>{3, 6, 12}));
  EXPECT_EQ(sum.defects, (std::vector<std::uint64_t>{0, 9, 3}));
  EXPECT_EQ(sum.weights[1], 1.5);
  EXPECT_EQ(sum.num_regions, 3);
}

}  // namespace
}  // namespace touchstone
