// The figures of single images that ComputePixelMetrics gives on request.
#include <gtest/gtest.h>

#include <random>

#include "pixel_metrics_fixture.h"
#include "pixel_metrics_reference.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

const std::vector<double> kLimits = {0.05, 0.3};

CategoryPixelMetrics Compute(const MemoryCategory& category) {
  PixelOptions options;
  options.per_image = true;
  return ComputePixelMetrics(category.Source(), kLimits, options);
}

MemoryCategory DrawCategory(std::uint32_t seed) {
  std::mt19937 random(seed);
  MemoryCategory category;
  for (int i = 0; i < 7; ++i) {
    const Size size{10 + i, 13 - i};
    const Mask mask = MakeMask(size, [&](int, int) { return i % 3 != 0 && random() % 5 == 0; });
    ScoreMap map{size, {}};
    for (const std::uint8_t is_defect : mask.values)
      map.values.push_back(static_cast<float>(random() % 40 + (is_defect != 0 ? 10 : 0)));
    category.Add(i % 3 == 0 ? "" : "dent", std::move(map), mask);
  }
  return category;
}

TEST(ImageFigures, AreThoseOfACategoryOfThisImageAlone) {
  const MemoryCategory category = DrawCategory(1);
  const CategoryPixelMetrics metrics = Compute(category);
  ASSERT_EQ(metrics.per_image.size(), category.images.size());
  for (std::size_t i = 0; i < category.images.size(); ++i) {
    const ImagePixelMetrics& image = metrics.per_image[i];
    if (category.items[i].group.empty()) {
      EXPECT_FALSE(image.ranking.rocauc.value.has_value());
      EXPECT_EQ(image.ranking.rocauc.reason, "no defect region in this image");
      EXPECT_EQ(image.au_pro[0].reason, "no defect region in this image");
      continue;
    }
    MemoryCategory alone;
    alone.Add("dent", category.images[i]);
    const PixelMetrics expected = ComputePixelMetrics(alone.Source(), kLimits).overall;
    EXPECT_EQ(image.ranking.rocauc.value, expected.ranking.rocauc.value);
    EXPECT_EQ(image.ranking.average_precision.value, expected.ranking.average_precision.value);
    EXPECT_EQ(image.ranking.f1_max.value, expected.ranking.f1_max.value);
    EXPECT_EQ(image.ranking.f1_threshold.value, expected.ranking.f1_threshold.value);
    EXPECT_NEAR(*image.au_pro[1].value, ReferenceAuPro({category.images[i]}, 0.3), 1e-12);
    EXPECT_EQ(image.num_regions, expected.num_regions);
    EXPECT_FALSE(image.ranking.rocauc.interval.has_value());
  }
}

TEST(ImageFigures, CountAtTheThresholdOfTheCategory) {
  const MemoryCategory category = DrawCategory(2);
  const CategoryPixelMetrics metrics = Compute(category);
  const double threshold = *metrics.overall.ranking.f1_threshold.value;
  for (std::size_t i = 0; i < category.images.size(); ++i) {
    const PixelImage& image = category.images[i];
    double num_free = 0, num_false = 0, num_found = 0, num_covered = 0;
    for (std::size_t p = 0; p < image.map.values.size(); ++p) {
      const bool is_found = image.map.values[p] >= threshold;
      if (image.mask->values[p] == 0) {
        ++num_free;
        num_false += is_found ? 1 : 0;
      } else {
        num_found += is_found ? 1 : 0;
      }
    }
    EXPECT_EQ(metrics.per_image[i].false_positive_rate.value, num_false / num_free);
    for (const RegionCover& region : metrics.per_image[i].regions)
      num_covered += *region.covered.value * static_cast<double>(region.area_px);
    EXPECT_NEAR(num_covered, num_found, 1e-9);
  }
}

TEST(ImageFigures, DescribeEachRegion) {
  // Regions: a 2x2 block at (1, 0), of which two pixels are found, and one pixel at (4, 2), which is not.
  const Size size{5, 3};
  const Mask mask =
      MakeMask(size, [](int x, int y) { return (x >= 1 && x < 3 && y < 2) || (x == 4 && y == 2); });
  MemoryCategory category;
  category.Add("dent", {size, {0, 9, 8, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 3}}, mask);
  category.Add("", {size, {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}}, std::nullopt);
  const CategoryPixelMetrics metrics = Compute(category);
  ASSERT_EQ(metrics.overall.ranking.f1_threshold.value, 8.0);
  const std::vector<RegionCover>& regions = metrics.per_image[0].regions;
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_EQ(
      std::vector<int>({regions[0].box.x, regions[0].box.y, regions[0].box.width, regions[0].box.height}),
      std::vector<int>({1, 0, 2, 2}));
  EXPECT_EQ(regions[0].area_px, 4);
  EXPECT_EQ(regions[0].peak, 9);
  EXPECT_EQ(regions[0].covered.value, 0.5);
  EXPECT_EQ(
      std::vector<int>({regions[1].box.x, regions[1].box.y, regions[1].box.width, regions[1].box.height}),
      std::vector<int>({4, 2, 1, 1}));
  EXPECT_EQ(regions[1].peak, 3);
  EXPECT_EQ(regions[1].covered.value, 0.0);
}

TEST(ImageFigures, ListTheLargestRegionsOfVeryManyInRasterOrder) {
  // 150 regions: every third row has 15 of them, alternately of one and of two pixels.
  const Size size{60, 30};
  const Mask mask = MakeMask(size, [](int x, int y) { return y % 3 == 0 && (x % 4 == 0 || (x % 8 == 5)); });
  MemoryCategory category;
  category.Add("dent", {size, std::vector<float>(1800, 1)}, mask);
  const ImagePixelMetrics image = Compute(category).per_image[0];
  EXPECT_EQ(image.num_regions, 150U);
  ASSERT_EQ(image.regions.size(), kMaxRegionCovers);
  int num_large = 0;
  for (std::size_t i = 0; i < image.regions.size(); ++i) {
    num_large += image.regions[i].area_px == 2 ? 1 : 0;
    if (i == 0) continue;
    const Rect &a = image.regions[i - 1].box, &b = image.regions[i].box;
    EXPECT_TRUE(a.y < b.y || (a.y == b.y && a.x < b.x));
  }
  EXPECT_EQ(num_large, 70);
}

TEST(ImageFigures, SayHowFarChannelsAreSaturated) {
  MemoryCategory category;
  category.Add("missing", ImageOf({{6, 1}, {1, 7, 7, 0, 1, 1}}, Mask{{6, 1}, {0, 1, 1, 1, 0, 0}},
                                  {{{1, 2, 3}, 2}, {{3}, 1}}));
  PixelOptions options;
  options.per_image = true;
  options.spro_limits = {1};
  const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits, options);
  ASSERT_EQ(metrics.overall.ranking.f1_threshold.value, 7.0);
  const ImagePixelMetrics& its = metrics.per_image[0];
  ASSERT_EQ(its.channels.size(), 2U);
  EXPECT_EQ(its.channels[0].area_px, 3);
  EXPECT_EQ(its.channels[0].saturation_px, 2);
  EXPECT_EQ(its.channels[0].covered.value, 1.0);
  EXPECT_EQ(its.channels[1].covered.value, 0.0);
  EXPECT_EQ(its.au_spro[0].value, metrics.overall.au_spro[0].value);
}

TEST(ImageFigures, AreUndefinedWhereTheCategoryHasNoThreshold) {
  MemoryCategory category;
  category.Add("", {{2, 1}, {1, 2}}, std::nullopt);
  category.Add("hole", {{2, 1}, {1, 2}}, Mask{{2, 1}, {0, 0}});
  for (const ImagePixelMetrics& image : Compute(category).per_image) {
    EXPECT_FALSE(image.false_positive_rate.value.has_value());
    EXPECT_EQ(image.false_positive_rate.reason, "the category has no threshold");
    EXPECT_TRUE(image.regions.empty());
  }
}

TEST(ImageFigures, AreTheSameForAnyNumberOfThreads) {
  const MemoryCategory category = DrawCategory(3);
  CategoryPixelMetrics one, many;
  WithThreads(1, [&] { one = Compute(category); });
  WithThreads(7, [&] { many = Compute(category); });
  for (std::size_t i = 0; i < one.per_image.size(); ++i) {
    EXPECT_EQ(one.per_image[i].ranking.rocauc.value, many.per_image[i].ranking.rocauc.value);
    EXPECT_EQ(one.per_image[i].au_pro[0].value, many.per_image[i].au_pro[0].value);
  }
}

}  // namespace
}  // namespace touchstone
