#include <gtest/gtest.h>

#include <random>

#include "methods/fake_gallery.h"
#include "touchstone/methods/spade.h"

namespace touchstone {
namespace {

const std::vector<FeatureShape> kShapes{{6, 5, 3}, {3, 3, 4}, {2, 1, 5}};

TEST(SpadeParts, AreWhatEachLevelHasOfTheNearestPatchsDistance) {
  std::mt19937 generator(7);
  std::vector<ImageFeatures> images;
  for (int i = 0; i < 4; ++i) images.push_back(RandomFeatures(&generator, kShapes, 8));
  const FakeGallery gallery(images);
  const ImageFeatures query = RandomFeatures(&generator, kShapes, 8);
  for (const auto& fusion : FusionNames()) {
    ScoringOptions options;
    options.fusion = fusion.second;
    const SpadeScorer scorer(gallery, options);
    const MethodScores scores = scorer.Score(query, 0);
    ASSERT_EQ(scores.grids.size(), fusion.second == Fusion::kConcat ? 1U : 3U);
    for (std::size_t grid = 0; grid < scores.grids.size(); ++grid) {
      const std::vector<int>& levels = scores.grid_levels[grid];
      const std::size_t location = scores.grids[grid].values.size() / 2;
      const std::vector<LevelPart> parts = scorer.Parts(query, scores, grid, location);
      ASSERT_EQ(parts.size(), levels.size());
      double sum = 0;
      for (std::size_t l = 0; l < levels.size(); ++l) {
        EXPECT_EQ(parts[l].level, levels[l]);
        EXPECT_GT(parts[l].distance, 0);
        sum += parts[l].distance;
      }
      EXPECT_NEAR(sum, scores.grids[grid].values[location], 1e-5 * sum) << fusion.first;
    }
  }
}

}  // namespace
}  // namespace touchstone
