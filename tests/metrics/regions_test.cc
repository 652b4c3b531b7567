#include "touchstone/metrics/regions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

// Rows of '.' (anomaly-free) and anything else (its own grey value).
Mask DrawMask(const std::vector<std::string>& rows) {
  Mask mask;
  mask.size = {static_cast<int>(rows[0].size()), static_cast<int>(rows.size())};
  for (const std::string& row : rows) {
    for (const char c : row) mask.values.push_back(c == '.' ? 0 : static_cast<std::uint8_t>(c));
  }
  return mask;
}

TEST(LabelRegions, JoinsPixelsThatTouchAtACorner) {
  const Regions regions = LabelRegions(DrawMask({"#..#",  //
                                                 ".#..",  //
                                                 "#..."}));
  EXPECT_EQ(regions.areas, (std::vector<std::int64_t>{3, 1}));
}

TEST(LabelRegions, JoinsTouchingPixelsOfDifferentGreyValues) {
  EXPECT_EQ(LabelRegions(DrawMask({"ab.cd"})).areas, (std::vector<std::int64_t>{2, 2}));
}

TEST(LabelRegions, NumbersRegionsInRasterOrderOfTheirFirstPixel) {
  const Regions regions = LabelRegions(DrawMask({"..#.#",  //
                                                 "#...#",  //
                                                 "#.#.."}));
  EXPECT_EQ(regions.labels, (std::vector<std::int32_t>{0, 0, 1, 0, 2,  //
                                                       3, 0, 0, 0, 2,  //
                                                       3, 0, 4, 0, 0}));
  EXPECT_EQ(regions.areas, (std::vector<std::int64_t>{1, 2, 2, 1}));
}

TEST(LabelRegions, FindsNoneInAnEmptyMask) {
  EXPECT_TRUE(LabelRegions(DrawMask({"...", "..."})).areas.empty());
  EXPECT_TRUE(LabelRegions(Mask{}).areas.empty());
}

TEST(LabelRegions, FindsOneInAFullMaskOfOnePixel) {
  EXPECT_EQ(LabelRegions(DrawMask({"#"})).areas, (std::vector<std::int64_t>{1}));
}

// The slow way: labels flow to larger neighbours until nothing changes.
std::vector<std::int32_t> LabelByFlooding(const Mask& mask) {
  const int width = mask.size.width;
  const int height = mask.size.height;
  std::vector<std::int32_t> first(mask.values.size());  // raster index of the region's first pixel, + 1
  for (std::size_t p = 0; p < first.size(); ++p) first[p] = mask.values[p] ? static_cast<int>(p) + 1 : 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (int p = 0; p < width * height; ++p) {
      for (int q = 0; q < width * height; ++q) {
        const bool touch = std::abs(p % width - q % width) <= 1 && std::abs(p / width - q / width) <= 1;
        if (!touch || first[p] == 0 || first[q] == 0 || first[q] >= first[p]) continue;
        first[p] = first[q];
        changed = true;
      }
    }
  }
  std::vector<std::int32_t> starts = first;
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  starts.erase(std::remove(starts.begin(), starts.end(), 0), starts.end());
  for (auto& label : first) {
    if (label != 0)
      label = 1 + static_cast<int>(std::find(starts.begin(), starts.end(), label) - starts.begin());
  }
  return first;
}

TEST(LabelRegions, AgreesWithFloodingOverAwkwardSizes) {
  std::mt19937 random(3);
  for (const Size size : {Size{1, 1}, Size{1, 9}, Size{9, 1}, Size{7, 8}, Size{17, 5}, Size{16, 15}}) {
    Mask mask{size, std::vector<std::uint8_t>(static_cast<std::size_t>(size.width) * size.height)};
    for (auto& value : mask.values) value = random() % 3 == 0 ? 255 : 0;
    EXPECT_EQ(LabelRegions(mask).labels, LabelByFlooding(mask)) << size.width << "x" << size.height;
  }
}

TEST(LabelRegions, GivesTheSameLabelsForAnyNumberOfThreads) {
  std::mt19937 random(5);
  Mask mask{{257, 301}, std::vector<std::uint8_t>(257 * 301)};
  for (auto& value : mask.values) value = random() % 3 == 0 ? 255 : 0;
  Regions one;
  WithThreads(1, [&] { one = LabelRegions(mask); });
  for (const int threads : {2, 7}) {
    WithThreads(threads, [&] { EXPECT_EQ(LabelRegions(mask).labels, one.labels); });
  }
}

TEST(LabelRegions, RefusesABufferOfTheWrongLength) {
  for (const Mask& mask : {Mask{{2, 2}, {1, 0, 1}}, Mask{{-1, -3}, {1, 0, 1}}}) {
    try {
      LabelRegions(mask);
      ADD_FAILURE() << "accepted " << mask.size.width << "x" << mask.size.height;
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::kShape);
    }
  }
}

}  // namespace
}  // namespace touchstone
