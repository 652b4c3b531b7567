#include "touchstone/image/roi.h"

#include <algorithm>

#include "core/support.h"
#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

// Yes on the left `columns` of `size`, no on the others.
Mask Left(int columns, Size size) {
  Mask mask{size, {}};
  for (int i = 0; i < size.width * size.height; ++i) mask.values.push_back(i % size.width < columns ? 1 : 0);
  return mask;
}

ScoreMap Ramp(Size size) {
  ScoreMap map{size, {}};
  for (int i = 0; i < size.width * size.height; ++i) map.values.push_back(static_cast<float>(i + 1));
  return map;
}

TEST(Roi, LeavesTheMapAsItIsInsideAndZeroOutside) {
  const Mask roi = Left(1, {2, 1});
  ScoreMap map = Ramp({4, 2});
  EXPECT_EQ(ValuesInside(roi, map), (std::vector<float>{1, 2, 5, 6}));
  ClearOutside(roi, &map);
  EXPECT_EQ(map.values, (std::vector<float>{1, 2, 0, 0, 5, 6, 0, 0}));
}

TEST(Roi, OfEverythingChangesNothing) {
  ScoreMap map = Ramp({7, 5});
  ClearOutside(Left(7, {7, 5}), &map);
  EXPECT_EQ(map.values, Ramp({7, 5}).values);
  EXPECT_EQ(ValuesInside(Left(7, {7, 5}), map), map.values);
}

TEST(Roi, MayHaveAnotherSizeButNotOtherProportions) {
  const Mask roi = Left(10, {100, 71});
  EXPECT_EQ(WhyRoiDoesNotFit(roi, {700, 500}), "");
  EXPECT_EQ(WhyRoiDoesNotFit(roi, {1049, 710}), "");
  for (const Size size : {Size{1056, 710}, Size{500, 700}, Size{1, 1}, Size{1 << 20, 1}}) {
    EXPECT_NE(WhyRoiDoesNotFit(roi, size), "") << size.width;
    EXPECT_TRUE(Refuses(ErrorCode::kImage, "the mask of --roi 100x71", [&] { FitRoi(roi, size); }));
  }
}

TEST(Roi, IsRefusedWhereNothingOfItIsLeftAtThePhotographsSize) {
  Mask roi = Left(0, {100, 100});
  roi.values[0] = 1;
  EXPECT_TRUE(Refuses(ErrorCode::kImage, "too small to be seen", [&] { FitRoi(roi, {10, 10}); }));
  EXPECT_NO_THROW(FitRoi(roi, {100, 100}));
}

TEST(Roi, ComesBackFromItsFile) {
  const TemporaryFolder folder;
  Mask roi = Left(3, {5, 4});
  const auto file = folder.path() / "roi.png";
  WriteFileAtomically(file, EncodeRoi(roi));
  EXPECT_EQ(ReadRoi(file)->values, roi.values);
  std::replace(roi.values.begin(), roi.values.end(), 1, 200);  // any non-zero value is yes
  EXPECT_EQ(EncodeRoi(roi), EncodeRoi(*ReadRoi(file)));
  EXPECT_FALSE(ReadRoi("").has_value());
}

TEST(Roi, IsAUsageErrorWhereItsFileSaysNothing) {
  const TemporaryFolder folder;
  const auto read = [](const std::filesystem::path& file) { return [file] { ReadRoi(file); }; };
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "--roi", read(folder.path() / "none.png")));
  const auto text = folder.path() / "text.png", black = folder.path() / "black.png";
  WriteFileAtomically(text, "text");
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "--roi", read(text)));
  WriteFileAtomically(black, EncodeRoi(Left(0, {5, 4})));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "zero everywhere", read(black)));
}

}  // namespace
}  // namespace touchstone
