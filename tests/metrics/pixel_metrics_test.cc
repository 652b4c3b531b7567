#include "touchstone/metrics/pixel_metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

#include "pixel_metrics_fixture.h"
#include "pixel_metrics_reference.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr double kRoundOff = 1e-12;
const std::vector<double> kLimits = {0.05, 0.3, 1};

// Integer scores below num_values, so that many are equal; every fourth pixel or so is defect.
PixelImage DrawImage(std::mt19937& random, Size size, unsigned num_values, bool with_mask) {
  PixelImage image{{size, {}}, std::nullopt};
  if (with_mask) image.mask = MakeMask(size, [&](int, int) { return random() % 4 == 0; });
  for (int p = 0; p < size.width * size.height; ++p) {
    image.map.values.push_back(static_cast<float>(random() % num_values));
  }
  return image;
}

// Two kinds of defects and good images, of sizes that fit nothing.
MemoryCategory DrawCategory(std::uint32_t seed, unsigned num_values) {
  std::mt19937 random(seed);
  MemoryCategory category;
  category.Add("", DrawImage(random, {7, 3}, num_values, false));
  category.Add("dent", DrawImage(random, {17, 9}, num_values, true));
  category.Add("crack", DrawImage(random, {8, 16}, num_values, true));
  category.Add("dent", DrawImage(random, {5, 5}, num_values, true));
  category.Add("", DrawImage(random, {9, 15}, num_values, false));
  category.Add("crack", DrawImage(random, {31, 2}, num_values, true));
  return category;
}

MemoryCategory OfGroup(const MemoryCategory& category, const std::string& group) {
  MemoryCategory part;
  for (std::size_t i = 0; i < category.items.size(); ++i) {
    const std::string& its_group = category.items[i].group;
    if (its_group.empty() || its_group == group) part.Add(its_group, category.images[i]);
  }
  return part;
}

template <typename Change>
MemoryCategory WithScores(MemoryCategory category, Change change) {
  for (PixelImage& image : category.images) {
    for (float& value : image.map.values) value = change(value);
  }
  return category;
}

// Every pixel as if it were an image: what RankImages, which has slow twins of its own, makes of them.
RankingFigures RankPixelsAsImages(const std::vector<PixelImage>& images) {
  std::vector<double> normal, anomalous;
  for (const PixelImage& image : images) {
    for (std::size_t p = 0; p < image.map.values.size(); ++p) {
      const bool is_defect = image.mask && image.mask->values[p] != 0;
      (is_defect ? anomalous : normal).push_back(image.map.values[p]);
    }
  }
  return RankImages(normal, anomalous);
}

void ExpectSameRanking(const RankingFigures& a, const RankingFigures& b) {
  EXPECT_EQ(a.rocauc.value, b.rocauc.value);
  EXPECT_EQ(a.average_precision.value, b.average_precision.value);
  EXPECT_EQ(a.f1_max.value, b.f1_max.value);
  ASSERT_EQ(a.roc.size(), b.roc.size());
  for (std::size_t i = 0; i < a.roc.size(); ++i) {
    EXPECT_EQ(a.roc[i].x, b.roc[i].x);
    EXPECT_EQ(a.roc[i].y, b.roc[i].y);
  }
}

void ExpectSame(const PixelMetrics& a, const PixelMetrics& b) {
  ExpectSameRanking(a.ranking, b.ranking);
  EXPECT_EQ(a.num_regions, b.num_regions);
  EXPECT_EQ(a.num_defect_pixels, b.num_defect_pixels);
  EXPECT_EQ(a.num_anomaly_free_pixels, b.num_anomaly_free_pixels);
  ASSERT_EQ(a.au_pro.size(), b.au_pro.size());
  for (std::size_t i = 0; i < a.au_pro.size(); ++i) EXPECT_EQ(a.au_pro[i].value, b.au_pro[i].value);
}

TEST(PixelMetrics, AgreeWithTheSlowReference) {
  for (const unsigned num_values : {1U, 2U, 3U, 10U, 1000U}) {
    for (std::uint32_t seed = 0; seed < 5; ++seed) {
      const MemoryCategory category = DrawCategory(seed, num_values);
      const PixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits).overall;
      EXPECT_NEAR(*metrics.ranking.rocauc.value, ReferencePixelRocauc(category.images), kRoundOff);
      ExpectSameRanking(metrics.ranking, RankPixelsAsImages(category.images));
      for (std::size_t i = 0; i < kLimits.size(); ++i) {
        EXPECT_NEAR(*metrics.au_pro[i].value, ReferenceAuPro(category.images, kLimits[i]), kRoundOff)
            << num_values << " values, seed " << seed << ", limit " << kLimits[i];
      }
    }
  }
}

TEST(PixelMetrics, AgreeWithTheSlowReferenceOverAwkwardSizes) {
  std::mt19937 random(29);
  for (const int width : {1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33}) {
    for (const int height : {1, 2, 9}) {
      MemoryCategory category;
      category.Add("", DrawImage(random, {height, width}, 6, false));
      category.Add("dent", DrawImage(random, {width, height}, 6, true));
      category.images[1].mask->values[0] = 1;
      const PixelMetrics metrics = ComputePixelMetrics(category.Source(), {0.3}).overall;
      EXPECT_NEAR(*metrics.ranking.rocauc.value, ReferencePixelRocauc(category.images), kRoundOff);
      EXPECT_NEAR(*metrics.au_pro[0].value, ReferenceAuPro(category.images, 0.3), kRoundOff);
    }
  }
}

TEST(PixelMetrics, OfAGroupEqualThoseOfItsImagesAndTheGoodOnesAlone) {
  const MemoryCategory category = DrawCategory(31, 12);
  const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits);
  ASSERT_EQ(metrics.per_group.size(), 2U);
  for (const auto& [group, of_group] : metrics.per_group) {
    const MemoryCategory alone = OfGroup(category, group);
    ExpectSame(of_group, ComputePixelMetrics(alone.Source(), kLimits).overall);
    EXPECT_NEAR(*of_group.au_pro[1].value, ReferenceAuPro(alone.images, kLimits[1]), kRoundOff);
  }
}

TEST(PixelMetrics, AreTheSameBitsForAnyNumberOfThreads) {
  const MemoryCategory category = DrawCategory(37, 50);
  CategoryPixelMetrics one;
  WithThreads(1, [&] { one = ComputePixelMetrics(category.Source(), kLimits); });
  for (const int threads : {2, 7}) {
    CategoryPixelMetrics many;
    WithThreads(threads, [&] { many = ComputePixelMetrics(category.Source(), kLimits); });
    ExpectSame(many.overall, one.overall);
    for (const auto& [group, metrics] : one.per_group) ExpectSame(many.per_group.at(group), metrics);
  }
}

TEST(PixelMetrics, AreTheSameBitsHoweverFewDefectPixelsAreHeldAtOnce) {
  for (const unsigned num_values : {1U, 7U, 1000U}) {
    const MemoryCategory category = DrawCategory(39, num_values);
    const CategoryPixelMetrics expected = ComputePixelMetrics(category.Source(), kLimits);
    for (const std::size_t held : {1, 2, 5, 30, 100, 1000}) {
      PixelOptions options;
      options.max_defect_runs = held;
      const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits, options);
      ExpectSame(metrics.overall, expected.overall);
      for (const auto& [group, figures] : expected.per_group)
        ExpectSame(metrics.per_group.at(group), figures);
    }
  }
}

TEST(PixelMetrics, AreTheSameBitsForAnyOrderOfTheImages) {
  const MemoryCategory category = DrawCategory(40, 1000);
  MemoryCategory reversed;
  for (std::size_t i = category.items.size(); i-- > 0;) {
    reversed.Add(category.items[i].group, category.images[i]);
  }
  ExpectSame(ComputePixelMetrics(reversed.Source(), kLimits).overall,
             ComputePixelMetrics(category.Source(), kLimits).overall);
}

TEST(PixelMetrics, VisitTheImagesAgainOnlyForMoreDefectPixelsThanAreHeld) {
  const MemoryCategory category = DrawCategory(42, 1000);
  const auto num_reads = [&](std::size_t held) {
    std::atomic<int> reads{0};
    PixelSource source = category.Source();
    source.read = [&](std::size_t i) {
      ++reads;
      return category.images[i];
    };
    PixelOptions options;
    options.max_defect_runs = held;
    ComputePixelMetrics(source, kLimits, options);
    return reads.load();
  };
  EXPECT_EQ(num_reads(1000), 2 + 2 * 4);
  EXPECT_GE(num_reads(20), 2 * (2 + 2 * 4));
}

TEST(PixelMetrics, AreUnchangedByAMonotoneMapOfTheScores) {
  const MemoryCategory category = DrawCategory(41, 9);
  const MemoryCategory mapped = WithScores(category, [](float v) { return std::exp(2 * v) - 100; });
  ExpectSame(ComputePixelMetrics(mapped.Source(), kLimits).overall,
             ComputePixelMetrics(category.Source(), kLimits).overall);
}

TEST(PixelMetrics, TurnRocaucIntoItsComplementUnderSignFlip) {
  const MemoryCategory category = DrawCategory(43, 9);
  const MemoryCategory flipped = WithScores(category, [](float v) { return -v; });
  EXPECT_NEAR(*ComputePixelMetrics(flipped.Source(), {}).overall.ranking.rocauc.value,
              1 - *ComputePixelMetrics(category.Source(), {}).overall.ranking.rocauc.value, kRoundOff);
}

TEST(PixelMetrics, AreOneForAPerfectMap) {
  MemoryCategory category = DrawCategory(47, 9);
  for (PixelImage& image : category.images) {
    for (std::size_t p = 0; p < image.map.values.size(); ++p) {
      if (image.mask && image.mask->values[p] != 0) image.map.values[p] += 100;
    }
  }
  const PixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits).overall;
  EXPECT_EQ(metrics.ranking.rocauc.value, 1.0);
  for (const Metric& au_pro : metrics.au_pro) EXPECT_NEAR(*au_pro.value, 1, kRoundOff);
}

TEST(PixelMetrics, DrawCurvesFromCornerToCorner) {
  const PixelMetrics metrics = ComputePixelMetrics(DrawCategory(59, 9).Source(), {}).overall;
  for (const Curve& curve : {metrics.ranking.roc, metrics.pro}) {
    ASSERT_GE(curve.size(), 2U);
    EXPECT_EQ(curve.front().x + curve.front().y, 0);
    EXPECT_EQ(curve.back().x + curve.back().y, 2);
  }
}

TEST(PixelMetrics, SayTheThresholdOfTheBestF1) {
  constexpr Size kSize{6, 1};
  MemoryCategory category;
  category.Add("dent", ScoreMap{kSize, {-3, -2.5F, 7, 7, 8, 1}}, Mask{kSize, {1, 0, 1, 0, 1, 0}});
  const RankingFigures figures = ComputePixelMetrics(category.Source(), {}).overall.ranking;
  EXPECT_NEAR(*figures.f1_max.value, 2.0 * 2 / (3 + 3), 1e-15);  // at 7: 2 of 3 found, 1 false alarm
  EXPECT_EQ(*figures.f1_threshold.value, 8 - 1);
}

TEST(PixelMetrics, GiveEveryRegionTheSameWeight) {
  // A region of one pixel is found, a region of five is missed: half of the regions.
  constexpr Size kSize{8, 1};
  MemoryCategory category;
  category.Add("dent", ScoreMap{kSize, {9, 0, 0, 0, 0, 0, 0, 1}}, Mask{kSize, {1, 0, 1, 1, 1, 1, 1, 0}});
  // (0, 0) -> (0, 1/2) -> (1/2, 1/2) -> (1, 1): area up to 1/2 is 1/4.
  EXPECT_NEAR(*ComputePixelMetrics(category.Source(), {0.5}).overall.au_pro[0].value, 0.5, kRoundOff);
}

TEST(PixelMetrics, TreatMinusZeroAsZero) {
  constexpr Size kSize{2, 1};
  MemoryCategory category;
  category.Add("dent", ScoreMap{kSize, {-0.0F, 0.0F}}, Mask{kSize, {1, 0}});
  EXPECT_EQ(ComputePixelMetrics(category.Source(), {}).overall.ranking.rocauc.value, 0.5);
}

TEST(PixelMetrics, CountPixelsAndRegions) {
  constexpr Size kSize{3, 2};
  MemoryCategory category;
  category.Add("", ScoreMap{kSize, {0, 0, 0, 0, 0, 0}}, Mask{kSize, {0, 0, 0, 0, 0, 0}});
  category.Add("dent", ScoreMap{kSize, {0, 0, 0, 0, 0, 0}}, Mask{kSize, {1, 0, 1, 1, 0, 0}});
  const PixelMetrics metrics = ComputePixelMetrics(category.Source(), {}).overall;
  EXPECT_EQ(metrics.num_regions, 2U);
  EXPECT_EQ(metrics.num_defect_pixels, 3U);
  EXPECT_EQ(metrics.num_anomaly_free_pixels, 9U);
}

void ExpectUndefined(const PixelMetrics& metrics, const std::string& reason) {
  ASSERT_EQ(metrics.au_pro.size(), 1U);
  for (const Metric& metric : {metrics.ranking.rocauc, metrics.ranking.f1_max, metrics.au_pro[0]}) {
    EXPECT_FALSE(metric.value.has_value());
    EXPECT_NE(metric.reason.find(reason), std::string::npos) << metric.reason;
  }
}

TEST(PixelMetrics, AreUndefinedWithoutDefectRegions) {
  constexpr Size kSize{2, 1};
  MemoryCategory category;
  category.Add("", ScoreMap{kSize, {1, 2}}, std::nullopt);
  ExpectUndefined(ComputePixelMetrics(category.Source(), {0.3}).overall, "no defect region");
  category.Add("dent", ScoreMap{kSize, {1, 2}}, Mask{kSize, {0, 0}});
  const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), {0.3});
  ExpectUndefined(metrics.overall, "no defect region");
  ExpectUndefined(metrics.per_group.at("dent"), "no defect region");
  EXPECT_EQ(metrics.overall.num_anomaly_free_pixels, 4U);
}

TEST(PixelMetrics, AreUndefinedWithoutAnomalyFreePixels) {
  constexpr Size kSize{2, 1};
  MemoryCategory category;
  category.Add("dent", ScoreMap{kSize, {1, 2}}, Mask{kSize, {1, 1}});
  ExpectUndefined(ComputePixelMetrics(category.Source(), {0.3}).overall, "no anomaly-free pixel");
}

TEST(PixelMetrics, AreUndefinedWithoutImages) {
  const CategoryPixelMetrics metrics = ComputePixelMetrics(MemoryCategory{}.Source(), {0.3});
  ExpectUndefined(metrics.overall, "no defect region");
  EXPECT_TRUE(metrics.per_group.empty());
}

void ExpectRefused(const MemoryCategory& category, ErrorCode code, const std::string& text) {
  try {
    ComputePixelMetrics(category.Source(), {0.3});
    ADD_FAILURE() << "accepted: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code, code) << error.what();
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    EXPECT_EQ(error.where, "image 0");
  }
}

TEST(PixelMetrics, RefuseNanAndSayWhere) {
  constexpr Size kSize{3, 2};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* group : {"dent", ""}) {
    MemoryCategory category;
    category.Add(group, ScoreMap{kSize, {0, 0, 0, 0, nan, 0}}, Mask{kSize, {0, 0, 0, 0, 0, 0}});
    ExpectRefused(category, ErrorCode::kNotFinite, "(1, 1)");
  }
}

TEST(PixelMetrics, RefuseAMaskOfAnotherSize) {
  MemoryCategory category;
  category.Add("dent", ScoreMap{{3, 2}, std::vector<float>(6)}, Mask{{2, 3}, std::vector<std::uint8_t>(6)});
  ExpectRefused(category, ErrorCode::kShape, "2x3");
}

TEST(PixelMetrics, RefuseBuffersOfTheWrongLength) {
  MemoryCategory short_map;
  short_map.Add("", ScoreMap{{3, 2}, std::vector<float>(5)}, std::nullopt);
  ExpectRefused(short_map, ErrorCode::kShape, "a map of 5 values");
  MemoryCategory short_mask;
  short_mask.Add("dent", ScoreMap{{3, 2}, std::vector<float>(6)}, Mask{{3, 2}, std::vector<std::uint8_t>(7)});
  ExpectRefused(short_mask, ErrorCode::kShape, "a mask of 7 values");
}

TEST(PixelMetrics, RefuseAGoodImageWithDefectPixels) {
  MemoryCategory category;
  category.Add("", ScoreMap{{2, 1}, {1, 2}}, Mask{{2, 1}, {0, 1}});
  ExpectRefused(category, ErrorCode::kResults, "a good image whose mask");
}

TEST(PixelMetrics, RefuseLimitsOutsideTheirRange) {
  const MemoryCategory category = DrawCategory(1, 5);
  for (const double limit : {0.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    try {
      ComputePixelMetrics(category.Source(), {0.3, limit});
      ADD_FAILURE() << "accepted " << limit;
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::kOption);
    }
  }
}

TEST(PixelMetrics, ReadGoodImagesOnceAndOthersTwice) {
  const MemoryCategory category = DrawCategory(53, 9);
  std::vector<std::atomic<int>> num_reads(category.items.size());
  PixelSource source = category.Source();
  source.read = [&](std::size_t i) {
    ++num_reads[i];
    return category.images[i];
  };
  ComputePixelMetrics(source, kLimits);
  for (std::size_t i = 0; i < num_reads.size(); ++i) {
    EXPECT_EQ(num_reads[i], category.items[i].group.empty() ? 1 : 2) << i;
  }
}

TEST(PixelMetrics, PassOnWhatTheReaderThrows) {
  PixelSource source{{{"a", "dent"}}, [](std::size_t) -> PixelImage { throw std::runtime_error("gone"); }};
  EXPECT_THROW(ComputePixelMetrics(source, {}), std::runtime_error);
}

}  // namespace
}  // namespace touchstone
