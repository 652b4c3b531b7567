#include "touchstone/report/defect_regions.h"

#include <algorithm>
#include <random>
#include <string>

#include "core/support.h"

namespace touchstone {
namespace {

// Digits are map values, '.' is 0.
ScoreMap DrawMap(const std::vector<std::string>& rows) {
  ScoreMap map{{static_cast<int>(rows[0].size()), static_cast<int>(rows.size())}, {}};
  for (const std::string& row : rows) {
    for (const char c : row) map.values.push_back(c == '.' ? 0.0F : static_cast<float>(c - '0'));
  }
  return map;
}

std::vector<double> Peaks(const DefectRegions& found) {
  std::vector<double> peaks;
  for (const DefectRegion& region : found.worst) peaks.push_back(region.peak);
  return peaks;
}

void ExpectBox(const Rect& box, const Rect& expected) {
  EXPECT_EQ(box.x, expected.x);
  EXPECT_EQ(box.y, expected.y);
  EXPECT_EQ(box.width, expected.width);
  EXPECT_EQ(box.height, expected.height);
}

TEST(FindDefectRegions, MeasuresEachRegionInPixelsOfThePhotograph) {
  const DefectRegions found = FindDefectRegions(DrawMap({"........",  //
                                                         ".3...7..",  //
                                                         "..5.7...",  //
                                                         "....88.4"}),
                                                2);
  ASSERT_EQ(found.num_regions, 3);
  EXPECT_EQ(Peaks(found), (std::vector<double>{8, 5, 4}));
  const DefectRegion& worst = found.worst[0];
  ExpectBox(worst.box, {4, 1, 2, 3});
  EXPECT_EQ(worst.area_px, 4);
  EXPECT_EQ(worst.mean, 7.5);
  EXPECT_EQ(worst.centroid_x_px, 4.5);
  EXPECT_EQ(worst.centroid_y_px, 2.25);
  ExpectBox(found.worst[1].box, {1, 1, 2, 2});  // its two pixels touch at a corner
  ExpectBox(found.worst[2].box, {7, 3, 1, 1});
  EXPECT_EQ(found.worst[2].centroid_x_px, 7);
}

TEST(FindDefectRegions, LeavesOutWhatOnlyEqualsTheThreshold) {
  EXPECT_EQ(FindDefectRegions(DrawMap({"5.5"}), 5).num_regions, 0);
  EXPECT_EQ(FindDefectRegions(DrawMap({"5.6"}), 5).num_regions, 1);
  EXPECT_EQ(FindDefectRegions(DrawMap({"..."}), 0).num_regions, 0);
}

TEST(FindDefectRegions, KeepsTheRasterOrderOfEqualPeaks) {
  const DefectRegions found = FindDefectRegions(DrawMap({"..9.2", "1...."}), 0);
  EXPECT_EQ(Peaks(found), (std::vector<double>{9, 2, 1}));
  const DefectRegions equal = FindDefectRegions(DrawMap({"..9.9", "9...."}), 0);
  EXPECT_EQ(equal.worst[0].box.x, 2);
  EXPECT_EQ(equal.worst[1].box.x, 4);
  EXPECT_EQ(equal.worst[2].box.x, 0);
}

TEST(FindDefectRegions, ListsTheWorstAndCountsTheRest) {
  ScoreMap map{{601, 3}, std::vector<float>(601 * 3)};
  for (int i = 0; i < 300; ++i) map.values[601 + 2 * i + 1] = static_cast<float>(1 + i);
  const DefectRegions found = FindDefectRegions(map, 0);
  EXPECT_EQ(found.num_regions, 300);
  ASSERT_EQ(found.worst.size(), kMaxDefectRegions);
  EXPECT_EQ(found.worst.front().peak, 300);
  EXPECT_EQ(found.worst.back().peak, 201);
}

// Whatever is above the threshold is in exactly one region.
TEST(FindDefectRegions, AccountsForEveryPixelAboveTheThreshold) {
  std::mt19937 random(7);
  for (const Size size : {Size{1, 1}, Size{1, 17}, Size{16, 15}, Size{33, 7}}) {
    ScoreMap map{size, std::vector<float>(static_cast<std::size_t>(size.width) * size.height)};
    for (float& value : map.values) value = static_cast<float>(random() % 16);
    double sum = 0, count = 0, peak = 0;
    for (const float value : map.values) {
      if (value <= 10) continue;
      sum += value;
      ++count;
      peak = std::max<double>(peak, value);
    }
    double region_sum = 0, region_count = 0;
    const DefectRegions found = FindDefectRegions(map, 10);
    for (const DefectRegion& region : found.worst) {
      region_sum += region.mean * static_cast<double>(region.area_px);
      region_count += static_cast<double>(region.area_px);
      EXPECT_LE(region.mean, region.peak);
      EXPECT_GT(region.mean, 10);
    }
    EXPECT_NEAR(region_sum, sum, 1e-9 * sum);
    EXPECT_EQ(region_count, count);
    EXPECT_EQ(found.worst.empty() ? 0 : found.worst[0].peak, peak);
  }
}

TEST(FindDefectRegions, RefusesAMapThatIsCutShort) {
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "2x2", [] { FindDefectRegions({{2, 2}, {1, 2, 3}}, 0); }));
}

}  // namespace
}  // namespace touchstone
