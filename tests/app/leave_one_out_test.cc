#include "app/leave_one_out.h"

#include <algorithm>
#include <set>

#include "core/support.h"
#include "methods/fake_gallery.h"

namespace touchstone {
namespace {

using Indices = std::vector<std::size_t>;

// A gallery of these global features, one number each.
FakeGallery GalleryAt(const std::vector<float>& places) {
  std::vector<ImageFeatures> images;
  for (const float place : places) images.push_back({{place}, {}});
  return FakeGallery(std::move(images));
}

// `count` images far apart: image i at 100 i.
std::vector<float> FarApart(std::size_t count) {
  std::vector<float> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(static_cast<float>(100 * i));
  return places;
}

TEST(LeftOutWith, AlwaysLeavesAnImage) {
  for (std::size_t count = 2; count < 130; ++count) {
    const FakeGallery gallery = GalleryAt(FarApart(count));
    for (std::size_t image = 0; image < count; ++image) {
      const Indices left_out = LeftOutWith(gallery, image);
      EXPECT_LT(left_out.size(), count) << count;
      EXPECT_EQ(std::count(left_out.begin(), left_out.end(), image), 1) << count;
      EXPECT_LT(left_out.back(), count) << count;
    }
  }
}

TEST(LeftOutWith, IsTheImageAloneInTheSmallestGallery) {
  EXPECT_EQ(LeftOutWith(GalleryAt({0, 0}), 1), (Indices{1}));
  EXPECT_EQ(LeftOutWith(GalleryAt({0, 100, 101}), 1), (Indices{1, 2}));
}

TEST(LeftOutWith, HoldsThePartThatWasShotTwiceUnderAnotherName) {
  std::vector<float> places = FarApart(15);
  places[12] = 201;
  EXPECT_EQ(LeftOutWith(GalleryAt(places), 2), (Indices{2, 12}));
  EXPECT_EQ(LeftOutWith(GalleryAt(places), 12), (Indices{2, 12}));
}

TEST(LeftOutWith, HoldsAnExactCopyAndTheImageItself) {
  std::vector<float> places = FarApart(15);
  places[0] = places[1] = places[9] = 500;
  EXPECT_EQ(LeftOutWith(GalleryAt(places), 9).size(), 2U);
  EXPECT_EQ(LeftOutWith(GalleryAt(places), 9).back(), 9U);
}

TEST(LeftOutWith, HoldsTheImagesBesideItByName) {
  std::vector<float> places = FarApart(40);
  places[30] = 901;  // most like image 9
  EXPECT_EQ(LeftOutWith(GalleryAt(places), 9), (Indices{7, 8, 9, 10, 11, 30}));
  EXPECT_EQ(LeftOutWith(GalleryAt(FarApart(40)), 0), (Indices{0, 1, 2}));
  EXPECT_EQ(LeftOutWith(GalleryAt(FarApart(40)), 39), (Indices{37, 38, 39}));
}

TEST(NumForEstimate, IsAHundredOrWhatTheRateNeeds) {
  EXPECT_EQ(NumForEstimate(50, 0.01), 50U);
  EXPECT_EQ(NumForEstimate(765, 0.01), 100U);
  EXPECT_EQ(NumForEstimate(765, 0.1), 100U);
  EXPECT_EQ(NumForEstimate(765, 0.002), 500U);
  EXPECT_EQ(NumForEstimate(765, 1e-300), 765U);
}

TEST(DrawOwnImages, DrawsEachAtMostOnceAndStartsAlikeForAnyCount) {
  const Indices all = DrawOwnImages(60, 60, 7);
  EXPECT_EQ(std::set<std::size_t>(all.begin(), all.end()).size(), 60U);
  EXPECT_EQ(DrawOwnImages(60, 8, 7), Indices(all.begin(), all.begin() + 8));
  EXPECT_NE(DrawOwnImages(60, 60, 8), all);
  EXPECT_TRUE(DrawOwnImages(60, 0, 7).empty());
}

TEST(Estimate, SortsEachKindOfScore) {
  const std::vector<GalleryImage> images(9);
  const Calibration calibration = Estimate({{4, 3, 10, 0}, {1, 1, 30, 0}, {2, 2, 20, 0}}, images, 0.25);
  EXPECT_EQ(calibration.evidence, Evidence::kEstimate);
  EXPECT_EQ(calibration.rate, 0.25);
  EXPECT_EQ(calibration.retrieval_scores, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(calibration.map_maxima, (std::vector<double>{10, 20, 30}));
  EXPECT_TRUE(Says(calibration.source, "3 of the gallery's 9 images"));
}

}  // namespace
}  // namespace touchstone
