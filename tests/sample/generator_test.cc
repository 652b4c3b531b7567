#include "touchstone/sample/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr SampleOptions kSmall{64, 0};

std::vector<SampleItem> ListDefects() {
  std::vector<SampleItem> items = ListSample();
  const auto is_good = [](const SampleItem& item) { return item.kind == SampleKind::kGood; };
  items.erase(std::remove_if(items.begin(), items.end(), is_good), items.end());
  return items;
}

SampleImage DrawTwin(SampleItem item, const SampleOptions& options) {
  item.kind = SampleKind::kGood;
  return DrawSample(item, options);
}

// The greatest difference of a channel at each pixel.
std::vector<int> Difference(const Image& a, const Image& b) {
  std::vector<int> difference(a.rgb8.size() / 3, 0);
  for (std::size_t i = 0; i < a.rgb8.size(); ++i) {
    difference[i / 3] = std::max(difference[i / 3], std::abs(int{a.rgb8[i]} - int{b.rgb8[i]}));
  }
  return difference;
}

TEST(ListSample, HasFortyTrainTenGoodAndFiveOfEachDefect) {
  std::map<std::string, int> folders;
  for (const SampleItem& item : ListSample()) {
    ++folders[std::filesystem::path(item.path).parent_path().string()];
  }
  EXPECT_EQ(folders, (std::map<std::string, int>{{"train/good", 40},
                                                 {"test/good", 10},
                                                 {"test/scratch", 5},
                                                 {"test/dent", 5},
                                                 {"test/stain", 5},
                                                 {"test/missing", 5}}));
}

TEST(ListSample, NamesAMaskByItsImageForDefectsOnly) {
  for (const SampleItem& item : ListSample()) {
    const std::filesystem::path path = item.path;
    if (item.kind == SampleKind::kGood) {
      EXPECT_EQ(item.mask_path, "") << item.path;
      continue;
    }
    const std::string defect = path.parent_path().filename().string();
    EXPECT_EQ(item.mask_path, "ground_truth/" + defect + "/" + path.stem().string() + "_mask.png");
  }
}

TEST(ListSample, GivesEveryImageItsOwnPathAndNumber) {
  std::set<std::string> paths;
  std::set<int> numbers;
  const auto items = ListSample();
  for (const SampleItem& item : items) {
    paths.insert(item.path);
    numbers.insert(item.number);
  }
  EXPECT_EQ(paths.size(), items.size());
  EXPECT_EQ(numbers.size(), items.size());
}

TEST(DrawSample, DrawsEveryImageDifferently) {
  std::set<std::vector<std::uint8_t>> images;
  const auto items = ListSample();
  for (const SampleItem& item : items) images.insert(DrawSample(item, {48, 0}).image.rgb8);
  EXPECT_EQ(images.size(), items.size());
}

TEST(DrawSample, DrawsTheSameBytesAgain) {
  for (const int i : {0, 45, 52, 57, 62, 67}) {
    const SampleItem item = ListSample()[i];
    const SampleImage first = DrawSample(item, kSmall);
    const SampleImage second = DrawSample(item, kSmall);
    EXPECT_EQ(first.image.rgb8, second.image.rgb8) << item.path;
    ASSERT_EQ(first.mask.has_value(), second.mask.has_value());
    if (first.mask) {
      EXPECT_EQ(first.mask->values, second.mask->values) << item.path;
    }
  }
}

TEST(DrawSample, DrawsTheSameBytesOnManyThreads) {
  const auto items = ListDefects();
  std::vector<SampleImage> together(items.size());
  WithThreads(7, [&] {
    ParallelFor(items.size(), [&](std::size_t i) { together[i] = DrawSample(items[i], {48, 0}); });
  });
  WithThreads(1, [&] {
    for (std::size_t i = 0; i < items.size(); ++i) {
      EXPECT_EQ(DrawSample(items[i], {48, 0}).image.rgb8, together[i].image.rgb8) << items[i].path;
    }
  });
}

TEST(DrawSample, DrawsAnotherSetForAnotherSeed) {
  for (const SampleItem& item : {ListSample()[0], ListDefects()[0]}) {
    const auto images = std::set<std::vector<std::uint8_t>>{
        DrawSample(item, {64, 0}).image.rgb8, DrawSample(item, {64, 1}).image.rgb8,
        DrawSample(item, {64, std::numeric_limits<std::uint64_t>::max()}).image.rgb8};
    EXPECT_EQ(images.size(), 3U) << item.path;
  }
}

TEST(DrawSample, HasTheSizeThatWasAskedFor) {
  for (const int size_px : {48, 63, 96, 128}) {
    const SampleImage sample = DrawSample(ListDefects()[0], {size_px, 0});
    EXPECT_EQ(sample.image.size, (Size{size_px, size_px}));
    EXPECT_EQ(sample.image.bits_per_channel, 8);
    EXPECT_EQ(sample.image.rgb8.size(), 3U * size_px * size_px);
    ASSERT_TRUE(sample.mask.has_value());
    EXPECT_EQ(sample.mask->size, (Size{size_px, size_px}));
    EXPECT_EQ(sample.mask->values.size(), 1U * size_px * size_px);
  }
}

TEST(DrawSample, GivesGoodImagesNoMask) {
  EXPECT_FALSE(DrawSample(ListSample()[0], kSmall).mask.has_value());
}

TEST(DrawSample, ChangesNothingOutsideTheMask) {
  for (const SampleItem& item : ListDefects()) {
    const SampleImage damaged = DrawSample(item, kSmall);
    const auto difference = Difference(damaged.image, DrawTwin(item, kSmall).image);
    ASSERT_TRUE(damaged.mask.has_value());
    int num_changed_outside = 0;
    for (std::size_t i = 0; i < difference.size(); ++i) {
      num_changed_outside += damaged.mask->values[i] == 0 && difference[i] != 0 ? 1 : 0;
    }
    EXPECT_EQ(num_changed_outside, 0) << item.path;
  }
}

TEST(DrawSample, ChangesMostOfWhatIsInsideTheMask) {
  for (const SampleItem& item : ListDefects()) {
    const SampleImage damaged = DrawSample(item, kSmall);
    const auto difference = Difference(damaged.image, DrawTwin(item, kSmall).image);
    int num_inside = 0;
    int num_visible = 0;
    for (std::size_t i = 0; i < difference.size(); ++i) {
      if (damaged.mask->values[i] == 0) continue;
      ++num_inside;
      num_visible += difference[i] >= 5 ? 1 : 0;
    }
    EXPECT_GT(num_inside, 0) << item.path;
    EXPECT_GT(num_visible, 0.6 * num_inside) << item.path << ": " << num_visible << " of " << num_inside;
  }
}

TEST(DrawSample, MarksDefectsThatAreSmallAgainstThePart) {
  for (const SampleItem& item : ListDefects()) {
    const Mask mask = *DrawSample(item, kSmall).mask;
    const auto is_set = [](std::uint8_t value) { return value != 0; };
    const auto area = std::count_if(mask.values.begin(), mask.values.end(), is_set);
    EXPECT_LT(static_cast<double>(area), 0.1 * static_cast<double>(mask.values.size())) << item.path;
    EXPECT_TRUE(std::all_of(mask.values.begin(), mask.values.end(),
                            [](std::uint8_t value) { return value == 0 || value == 255; }));
  }
}

TEST(DrawSample, RefusesSizesOutsideItsLimits) {
  for (const int size_px : {-1, 0, 47, 1025}) {
    try {
      DrawSample(ListSample()[0], {size_px, 0});
      ADD_FAILURE() << "accepted " << size_px;
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::kOption);
      EXPECT_NE(error.message.find(std::to_string(size_px) + " px"), std::string::npos) << error.message;
    }
  }
}

TEST(DrawSample, RefusesANegativeNumber) {
  SampleItem item = ListSample()[0];
  item.number = -1;
  EXPECT_THROW(DrawSample(item, kSmall), Error);
}

TEST(SampleReadme, SaysThatTheImagesAreGenerated) {
  EXPECT_NE(kSampleReadme.find("GENERATED"), std::string_view::npos);
}

}  // namespace
}  // namespace touchstone
