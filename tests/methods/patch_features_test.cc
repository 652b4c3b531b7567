#include "touchstone/methods/patch_features.h"

#include <gtest/gtest.h>

#include <random>

#include "methods/fake_gallery.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {
namespace {

float At(const FeatureMap& map, int x, int y, int c) {
  if (x < 0 || y < 0 || x >= map.shape.width || y >= map.shape.height) return 0;
  return map.row(static_cast<std::size_t>(y) * map.shape.width + x)[c];
}

std::vector<FeatureMap> RandomLevels(const std::vector<FeatureShape>& shapes) {
  std::mt19937 generator(3);
  return RandomFeatures(&generator, shapes, 1).pyramid;
}

// The neighbourhood of a place in the authors' order: channel by channel, row by row.
std::vector<float> Flat(const FeatureMap& map, int x, int y) {
  std::vector<float> flat;
  for (int c = 0; c < map.shape.channels; ++c) {
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) flat.push_back(At(map, x + dx, y + dy, c));
    }
  }
  return flat;
}

float MeanOfBin(const std::vector<float>& values, std::size_t bin) {
  const double step = static_cast<double>(values.size()) / 1024;
  const auto begin = static_cast<std::size_t>(std::floor(static_cast<double>(bin) * step));
  const auto end = static_cast<std::size_t>(std::ceil(static_cast<double>(bin + 1) * step));
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(values[i]);
  return static_cast<float>(sum / static_cast<double>(end - begin));
}

TEST(PatchFeatures, AreMeansOfNinePlacesWithZerosOutside) {
  const FeatureShape shape{3, 4, 2};
  const std::vector<FeatureMap> levels = RandomLevels({shape});
  const FeatureMap patches = PatchFeatures(levels, Pooling::kPaper);
  ASSERT_EQ(patches.shape, shape);
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      for (int c = 0; c < shape.channels; ++c) {
        float sum = 0;
        for (int dy = -1; dy <= 1; ++dy) {
          for (int dx = -1; dx <= 1; ++dx) sum += At(levels[0], x + dx, y + dy, c);
        }
        EXPECT_FLOAT_EQ(At(patches, x, y, c), sum / 9) << x << ", " << y;
      }
    }
  }
}

TEST(PatchFeatures, OfAConstantLevelFallToTwoThirdsAtAnEdgeAndFourNinthsInACorner) {
  const FeatureMap level{{5, 5, 1}, std::vector<float>(25, 9.0F)};
  const FeatureMap patches = PatchFeatures({level}, Pooling::kPaper);
  EXPECT_EQ(At(patches, 2, 2, 0), 9.0F);
  EXPECT_EQ(At(patches, 2, 0, 0), 6.0F);
  EXPECT_EQ(At(patches, 4, 4, 0), 4.0F);
}

TEST(PatchFeatures, AreAveragedBeforeTheyAreBroughtToTheFirstGrid) {
  const std::vector<FeatureMap> levels = RandomLevels({{6, 4, 2}, {3, 2, 3}});
  const FeatureMap patches = PatchFeatures(levels, Pooling::kPaper);
  ASSERT_EQ(patches.shape, (FeatureShape{6, 4, 5}));
  const FeatureMap first = PatchFeatures({levels[0]}, Pooling::kPaper);
  const FeatureMap second = PatchFeatures({levels[1]}, Pooling::kPaper);
  EXPECT_EQ(patches.values, FuseLevels({first, second}).values);
}

TEST(PatchFeatures, ReferencePoolsEachNeighbourhoodTo1024AndThenTheLevels) {
  for (const int channels : {1, 3, 130}) {  // fewer values than bins, and more
    const std::vector<FeatureMap> levels = RandomLevels({{2, 3, channels}, {2, 3, 4}});
    const FeatureMap patches = PatchFeatures(levels, Pooling::kReference);
    ASSERT_EQ(patches.shape, (FeatureShape{2, 3, 1024}));
    for (int y = 0; y < 2; ++y) {
      for (int x = 0; x < 3; ++x) {
        std::vector<float> joined;
        for (const FeatureMap& level : levels) {
          for (std::size_t bin = 0; bin < 1024; ++bin) joined.push_back(MeanOfBin(Flat(level, x, y), bin));
        }
        for (std::size_t bin = 0; bin < 1024; ++bin) {
          EXPECT_NEAR(At(patches, x, y, static_cast<int>(bin)), MeanOfBin(joined, bin), 1e-6);
        }
      }
    }
  }
}

TEST(PatchFeatureShape, IsThatOfThePatches) {
  const std::vector<FeatureShape> shapes{{6, 4, 2}, {3, 2, 3}};
  for (const auto& [name, pooling] : PoolingNames()) {
    EXPECT_EQ(PatchFeatureShape(shapes, pooling), PatchFeatures(RandomLevels(shapes), pooling).shape) << name;
  }
}

}  // namespace
}  // namespace touchstone
