#include "touchstone/methods/coreset.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <random>
#include <set>

#include "core/support.h"
#include "methods/fake_gallery.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/k_centre.h"
#include "touchstone/methods/patch_features.h"

namespace touchstone {
namespace {

FakeGallery GalleryOf(std::size_t num_images, const std::vector<FeatureShape>& shapes) {
  std::mt19937 generator(11);
  std::vector<ImageFeatures> images;
  for (std::size_t i = 0; i < num_images; ++i) images.push_back(RandomFeatures(&generator, shapes, 2));
  return FakeGallery(std::move(images));
}

ScoringOptions PatchCore(double coreset, std::vector<int> levels) {
  ScoringOptions options;
  options.method = Method::kPatchCore;
  options.coreset = coreset;
  options.levels = std::move(levels);
  return options;
}

TEST(SparseProjection, KeepsRowsOfFewChannelsAsTheyAre) {
  const SparseProjection projection(128, 5);
  std::vector<float> row(128), out(128);
  for (std::size_t c = 0; c < row.size(); ++c) row[c] = static_cast<float>(c) - 0.25F;
  ASSERT_EQ(projection.num_dims(), 128U);
  projection.Project(row.data(), out.data());
  EXPECT_EQ(out, row);
}

TEST(SparseProjection, IsWhatTheGeneratorDraws) {
  constexpr std::size_t kChannels = 200;
  const double s = std::sqrt(200.0);
  std::mt19937 generator(7);
  const SparseProjection projection(kChannels, 7);
  ASSERT_EQ(projection.num_dims(), 128U);
  std::vector<std::vector<double>> matrix(128, std::vector<double>(kChannels));
  for (auto& dimension : matrix) {
    for (double& entry : dimension) {
      const double drawn = static_cast<double>(generator()) / 4294967296.0;
      const double size = std::sqrt(s / 128);
      entry = drawn < 1 / (2 * s) ? size : drawn < 1 / s ? -size : 0;
    }
  }
  std::vector<float> out(128);
  for (std::size_t c = 0; c < kChannels; ++c) {
    std::vector<float> unit(kChannels);
    unit[c] = 1;
    projection.Project(unit.data(), out.data());
    for (std::size_t j = 0; j < 128; ++j) EXPECT_FLOAT_EQ(out[j], static_cast<float>(matrix[j][c]));
  }
}

TEST(SparseProjection, KeepsSquaredDistancesOnTheAverage) {
  constexpr std::size_t kChannels = 1536;
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  std::vector<float> row(kChannels), out(128);
  double length = 0, projected = 0;
  for (float& value : row) {
    value = normal(generator);
    length += static_cast<double>(value * value);
  }
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SparseProjection(kChannels, seed).Project(row.data(), out.data());
    for (const float value : out) projected += static_cast<double>(value * value) / 30;
  }
  EXPECT_NEAR(projected / length, 1, 0.1);
}

TEST(ChooseCoreset, IsGreedyKCentreOnTheProjectedPatches) {
  const FakeGallery gallery = GalleryOf(3, {{4, 5, 90}, {2, 3, 60}});
  const ScoringOptions options = PatchCore(0.2, {1, 2});
  const SparseProjection projection(150, options.seed);
  std::vector<float> projected(60 * 128);
  for (std::size_t image = 0; image < 3; ++image) {
    const FeatureMap patches = PatchFeatures(gallery.ReadPyramid(image, {1, 2}), Pooling::kPaper);
    for (std::size_t p = 0; p < 20; ++p) {
      projection.Project(patches.row(p), projected.data() + (image * 20 + p) * 128);
    }
  }
  std::vector<std::size_t> expected = GreedyKCentre({projected.data(), 60, 128}, 12);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(ChooseCoreset(gallery, options), expected);
}

TEST(ChooseCoreset, KeepsTheShareThatIsWantedButOneAtLeast) {
  const FakeGallery gallery = GalleryOf(2, {{5, 5, 8}});
  EXPECT_EQ(ChooseCoreset(gallery, PatchCore(1, {1})).size(), 50U);
  EXPECT_EQ(ChooseCoreset(gallery, PatchCore(0.5, {1})).size(), 25U);
  EXPECT_EQ(ChooseCoreset(gallery, PatchCore(0.1, {1})).size(), 5U);
  EXPECT_EQ(ChooseCoreset(gallery, PatchCore(0.0001, {1})).size(), 1U);
}

TEST(ChooseCoreset, NamesTheImageThatCannotBeMeasured) {
  for (const int channels : {8, 200}) {
    for (const float value : {1e30F, -3e38F}) {
      std::vector<ImageFeatures> images = GalleryOf(4, {{5, 5, channels}}).images();
      for (float& number : images[2].pyramid[0].values) number *= value;
      const FakeGallery gallery(std::move(images));
      EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "image 2 of the gallery",
                          [&] { ChooseCoreset(gallery, PatchCore(0.5, {1})); }));
    }
  }
}

// Counts the images that are read.
class CountingGallery : public FakeGallery {
 public:
  using FakeGallery::FakeGallery;
  std::vector<FeatureMap> ReadPyramid(std::size_t image, const std::vector<int>& levels) const override {
    ++num_read;
    return FakeGallery::ReadPyramid(image, levels);
  }
  mutable std::atomic<std::size_t> num_read = 0;
};

TEST(ChooseCoreset, CanBeEndedWhileImagesAreProjected) {
  const CountingGallery gallery(GalleryOf(40, {{3, 3, 200}}).images());
  for (const int threads : {1, 2, 7}) {
    gallery.num_read = 0;
    std::size_t num_asked = 0;
    std::vector<std::size_t> chosen;
    WithThreads(threads, [&] {
      chosen = ChooseCoreset(gallery, PatchCore(0.5, {1}), [&](std::size_t num_chosen) {
        EXPECT_EQ(num_chosen, 0U);
        return ++num_asked < 5;
      });
    });
    EXPECT_TRUE(chosen.empty());
    EXPECT_LE(gallery.num_read, 4U);  // one that was let on may still see that another was not
    EXPECT_EQ(num_asked, 5U);
  }
}

TEST(ChooseCoreset, HangsOnTheSeedWhereThereIsAProjection) {
  const FakeGallery gallery = GalleryOf(4, {{6, 6, 200}});
  std::set<std::vector<std::size_t>> coresets;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    ScoringOptions options = PatchCore(0.2, {1});
    options.seed = seed;
    coresets.insert(ChooseCoreset(gallery, options));
    EXPECT_EQ(coresets.count(ChooseCoreset(gallery, options)), 1U);
  }
  EXPECT_GT(coresets.size(), 1U);
}

}  // namespace
}  // namespace touchstone
