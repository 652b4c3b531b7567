// AU-sPRO: defects that are given one by one, overlap, and are found when enough of their pixels are.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pixel_metrics_fixture.h"
#include "pixel_metrics_reference.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr double kRoundOff = 1e-12;
const std::vector<double> kLimits = {0.01, 0.05, 0.3, 1};

PixelOptions WithSpro(BootstrapOptions bootstrap = {}) {
  PixelOptions options;
  options.spro_limits = kLimits;
  options.bootstrap = bootstrap;
  return options;
}

template <typename IsInside>
void AddChannel(std::uint32_t saturation_px, IsInside is_inside, PixelImage* image) {
  const Size size = image->map.size;
  if (!image->mask) image->mask = Mask{size, std::vector<std::uint8_t>(image->map.values.size(), 0)};
  DefectChannel channel;
  for (std::uint32_t p = 0; p < image->map.values.size(); ++p) {
    if (!is_inside(static_cast<int>(p) % size.width, static_cast<int>(p) / size.width)) continue;
    channel.pixels.push_back(p);
    image->mask->values[p] = 1;
  }
  channel.saturation_px = std::min(saturation_px, static_cast<std::uint32_t>(channel.pixels.size()));
  image->channels.push_back(channel);
}

// Scores that tie; one to three channels an image, which overlap, saturated by one pixel to all of them.
MemoryCategory DrawCategory(std::uint32_t seed, unsigned num_values) {
  std::mt19937 random(seed);
  MemoryCategory category;
  for (int i = 0; i < 9; ++i) {
    PixelImage image = ImageOf({{9 + i, 12}, {}});
    for (int p = 0; p < (9 + i) * 12; ++p)
      image.map.values.push_back(static_cast<float>(random() % num_values));
    const char* group = i % 3 == 0 ? "" : i % 3 == 1 ? "logical" : "structural";
    for (unsigned c = 0; i % 3 != 0 && c < 1 + random() % 3; ++c) {
      const int x0 = static_cast<int>(random() % 6), y0 = static_cast<int>(random() % 8);
      AddChannel(
          static_cast<std::uint32_t>(1 + random() % 16),
          [&](int x, int y) { return x >= x0 && x < x0 + 4 && y >= y0 && y < y0 + 4; }, &image);
    }
    category.Add(group, std::move(image));
  }
  return category;
}

MemoryCategory OfGroup(const MemoryCategory& category, const std::string& group) {
  MemoryCategory part;
  for (std::size_t i = 0; i < category.items.size(); ++i) {
    const std::string& its = category.items[i].group;
    if (its.empty() || its == group) part.Add(its, category.images[i]);
  }
  return part;
}

TEST(AuSpro, AgreesWithTheSlowReferenceOverallAndForEachGroup) {
  for (const unsigned num_values : {1U, 3U, 40U, 100000U}) {
    for (std::uint32_t seed = 0; seed < 5; ++seed) {
      const MemoryCategory category = DrawCategory(seed, num_values);
      const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), {0.3}, WithSpro());
      for (std::size_t i = 0; i < kLimits.size(); ++i) {
        EXPECT_NEAR(*metrics.overall.au_spro[i].value, ReferenceAuSpro(category.images, kLimits[i]),
                    kRoundOff);
        for (const auto& [group, figures] : metrics.per_group) {
          EXPECT_NEAR(*figures.au_spro[i].value, ReferenceAuSpro(OfGroup(category, group).images, kLimits[i]),
                      kRoundOff)
              << group << ", " << num_values << " values, limit " << kLimits[i];
        }
      }
    }
  }
}

TEST(AuSpro, IsAuProWhereEveryRegionIsAChannelThatAllOfItsPixelsSaturate) {
  MemoryCategory category;
  std::mt19937 random(3);
  for (const char* group : {"", "hole"}) {
    PixelImage image = ImageOf({{20, 20}, {}});
    for (int p = 0; p < 400; ++p) image.map.values.push_back(static_cast<float>(random() % 1000));
    if (*group != 0) {
      AddChannel(
          400, [](int x, int y) { return x < 5 && y < 7; }, &image);
      AddChannel(
          400, [](int x, int y) { return x > 12 && y > 9 && y < 12; }, &image);
    }
    category.Add(group, std::move(image));
  }
  const PixelMetrics metrics = ComputePixelMetrics(category.Source(), kLimits, WithSpro()).overall;
  for (std::size_t i = 0; i < kLimits.size(); ++i)
    EXPECT_EQ(metrics.au_spro[i].value, metrics.au_pro[i].value);
}

TEST(AuSpro, IsPerfectWhereTheSaturatingPixelsStandOutAndTheRestDoesNot) {
  PixelImage image = ImageOf({{10, 1}, {0, 9, 0, 0, 0, 1, 1, 1, 1, 1}});
  AddChannel(
      1, [](int x, int) { return x < 5; }, &image);
  MemoryCategory category;
  category.Add("missing", image);
  const PixelMetrics metrics = ComputePixelMetrics(category.Source(), {1}, WithSpro()).overall;
  for (const Metric& area : metrics.au_spro) EXPECT_EQ(area.value, 1.0);
  EXPECT_LT(*metrics.au_pro[0].value, 0.5);
}

// Values of the functions of the official LOCO script (sPRO of each channel, false-positive rate, trapezoid)
// at every distinct score of this set. The script itself refines thresholds until the curve's points are
// 0.001 apart; its 997 thresholds give 0.475000, 0.502589, 0.622468 and 0.849862 over all images.
TEST(AuSpro, EqualsTheOfficialFunctionsOnAGeneratedSet) {
  NumpyUniform uniform(1338);
  MemoryCategory category;
  for (int i = 0; i < 6; ++i) {
    PixelImage image = ImageOf({{30, 20}, {}});
    const auto is_first = [i](int x, int y) { return y >= 2 && y < 7 && x >= 3 + i && x < 9 + i; };
    for (int p = 0; p < 600; ++p) {
      const double rise = i < 4 && is_first(p % 30, p / 30) ? 0.35 : 0.0;
      image.map.values.push_back(static_cast<float>(uniform() + rise));
    }
    if (i < 4) {
      AddChannel(10, is_first, &image);
      AddChannel(
          static_cast<std::uint32_t>(0.75 * 27),
          [i](int x, int y) { return y >= 5 && y < 8 && x >= 5 + i && x < 14 + i; }, &image);  // overlaps it
    }
    category.Add(i < 4 ? (i % 2 == 0 ? "logical_anomalies" : "structural_anomalies") : "", std::move(image));
  }
  const CategoryPixelMetrics metrics = ComputePixelMetrics(category.Source(), {0.3}, WithSpro());
  const auto expect = [](const PixelMetrics& figures, const std::vector<double>& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(*figures.au_spro[i].value, expected[i], 1e-9);
  };
  expect(metrics.overall, {0.475, 0.5025705052878967, 0.6224588719153936, 0.8498586222091656});
  expect(metrics.per_group.at("logical_anomalies"),
         {0.55, 0.5699174630755864, 0.6990624094989865, 0.8947274109470027});
  expect(metrics.per_group.at("structural_anomalies"),
         {0.4, 0.434263683753258, 0.5425282363162467, 0.8036381407471763});
}

TEST(AuSpro, IsUndefinedWithoutChannelsAndNotThereUnlessAskedFor) {
  MemoryCategory category;
  category.Add("hole", {{2, 1}, {0, 1}}, Mask{{2, 1}, {0, 1}});
  const PixelMetrics asked = ComputePixelMetrics(category.Source(), {0.3}, WithSpro()).overall;
  ASSERT_EQ(asked.au_spro.size(), kLimits.size());
  EXPECT_FALSE(asked.au_spro[0].value.has_value());
  EXPECT_FALSE(asked.au_spro[0].reason.empty());
  EXPECT_EQ(*asked.au_pro[0].value, 1.0);
  EXPECT_TRUE(ComputePixelMetrics(category.Source(), {0.3}).overall.au_spro.empty());
}

TEST(AuSpro, IsTheSameBitsForAnyNumberOfThreadsAndPartsOfTheDefectPixels) {
  const MemoryCategory category = DrawCategory(7, 60);
  const CategoryPixelMetrics expected = ComputePixelMetrics(category.Source(), {0.3}, WithSpro());
  for (const std::size_t max_runs : {std::size_t{5}, std::size_t{60}, std::size_t{100000}}) {
    for (const int threads : {1, 2, 7}) {
      PixelOptions options = WithSpro();
      options.max_defect_runs = max_runs;
      CategoryPixelMetrics metrics;
      WithThreads(threads, [&] { metrics = ComputePixelMetrics(category.Source(), {0.3}, options); });
      for (std::size_t i = 0; i < kLimits.size(); ++i) {
        EXPECT_EQ(metrics.overall.au_spro[i].value, expected.overall.au_spro[i].value);
        EXPECT_EQ(metrics.per_group.at("logical").au_spro[i].value,
                  expected.per_group.at("logical").au_spro[i].value);
      }
    }
  }
}

TEST(AuSpro, HasIntervalsAroundIt) {
  const MemoryCategory category = DrawCategory(11, 50);
  const PixelMetrics metrics =
      ComputePixelMetrics(category.Source(), {0.3}, WithSpro({200, 0.95, 3})).overall;
  for (const Metric& area : metrics.au_spro) {
    ASSERT_TRUE(area.interval.has_value());
    EXPECT_LE(area.interval->low, *area.value + 0.005);
    EXPECT_GE(area.interval->high, *area.value - 0.005);
    EXPECT_LT(area.interval->low, area.interval->high);
  }
}

TEST(AuSpro, RefusesChannelsThatLeaveTheMaskOrCannotBeSaturated) {
  const auto code_of = [](const DefectChannel& channel) {
    MemoryCategory category;
    category.Add("hole", ImageOf({{3, 1}, {0, 1, 2}}, Mask{{3, 1}, {0, 1, 1}}, {channel}));
    try {
      ComputePixelMetrics(category.Source(), {0.3}, WithSpro());
    } catch (const Error& error) {
      return error.code;
    }
    return ErrorCode::kUsage;
  };
  for (const DefectChannel& bad : std::vector<DefectChannel>{
           {{0, 1}, 1}, {{1, 3}, 1}, {{2, 1}, 1}, {{1, 1}, 1}, {{1, 2}, 0}, {{1, 2}, 3}, {{}, 0}}) {
    EXPECT_EQ(code_of(bad), ErrorCode::kShape) << bad.pixels.size() << " pixels, " << bad.saturation_px;
  }
  EXPECT_EQ(code_of({{1, 2}, 2}), ErrorCode::kUsage);  // nothing was thrown
}

}  // namespace
}  // namespace touchstone
