#include "touchstone/methods/patchcore.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/support.h"
#include "methods/fake_gallery.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/distance.h"
#include "touchstone/methods/patch_features.h"

namespace touchstone {
namespace {

const std::vector<FeatureShape> kShapes{{6, 5, 3}, {3, 3, 4}};
constexpr std::size_t kLocations = 30;

ScoringOptions Options(int reweight_neighbors) {
  ScoringOptions options;
  options.method = Method::kPatchCore;
  options.levels = {1, 2};
  options.image_score = ImageScore::kPatchMax;
  options.reweight_neighbors = reweight_neighbors;
  return options;
}

ImageFeatures Image(unsigned seed) {
  std::mt19937 generator(seed);
  return RandomFeatures(&generator, kShapes, 1);
}

// A bank of every third patch of four images.
class PatchCore : public testing::Test {
 protected:
  PatchCore() {
    for (std::int32_t image = 0; image < 4; ++image) {
      const FeatureMap patches = PatchFeatures(Image(static_cast<unsigned>(image)).pyramid, Pooling::kPaper);
      for (std::size_t p = static_cast<std::size_t>(image); p < kLocations; p += 3) {
        rows_.insert(rows_.end(), patches.row(p), patches.row(p) + 7);
        places_.push_back({image, static_cast<std::int32_t>(p)});
      }
    }
  }
  PatchBank bank() const { return {{rows_.data(), places_.size(), 7}, places_, {}}; }
  double Distance(const float* patch, std::size_t row) const {
    return std::sqrt(static_cast<double>(SquaredDistance(patch, rows_.data() + row * 7, 7)));
  }
  // The nearest row of an image that is not left out.
  std::size_t Nearest(const float* patch, int left_out) const {
    std::size_t nearest = places_.size();
    for (std::size_t row = 0; row < places_.size(); ++row) {
      if (places_[row].image == left_out) continue;
      if (nearest == places_.size() || Distance(patch, row) < Distance(patch, nearest)) nearest = row;
    }
    return nearest;
  }
  // Eq. 7 as it stands.
  double Reweighted(const float* patch, std::size_t nearest, std::size_t b) const {
    const RowsView bank{rows_.data(), places_.size(), 7};
    double sum = 0;
    for (const Neighbor& neighbor : NearestRows(bank.row(nearest), bank, b)) {
      sum += std::exp(Distance(patch, neighbor.row));
    }
    return (1 - std::exp(Distance(patch, nearest)) / sum) * Distance(patch, nearest);
  }

  std::vector<float> rows_;
  std::vector<PatchPlace> places_;
};

TEST_F(PatchCore, ScoresEachPatchByTheNearestOfTheBank) {
  const ImageFeatures query = Image(100);
  const FeatureMap patches = PatchFeatures(query.pyramid, Pooling::kPaper);
  const PatchCoreScorer scorer(bank(), kShapes, Options(9));
  for (const int left_out : {-1, 2}) {
    const ScoringScope scope{left_out < 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{2}, {}};
    const MethodScores scores = scorer.Score(query, 0, scope);
    ASSERT_EQ(scores.grids.size(), 1U);
    ASSERT_EQ(scores.grids[0].values.size(), kLocations);
    for (std::size_t p = 0; p < kLocations; ++p) {
      const std::size_t nearest = Nearest(patches.row(p), left_out);
      EXPECT_NEAR(scores.grids[0].values[p], Distance(patches.row(p), nearest), 1e-6);
      EXPECT_EQ(scores.nearest[0][p].image, places_[nearest].image);
      EXPECT_EQ(scores.nearest[0][p].location, places_[nearest].location);
    }
    EXPECT_FALSE(scores.retrieval_score.has_value());
  }
}

TEST_F(PatchCore, ReweighsTheFarthestPatchByTheNeighboursOfItsNearest) {
  const ImageFeatures query = Image(101);
  const FeatureMap patches = PatchFeatures(query.pyramid, Pooling::kPaper);
  std::size_t farthest = 0;
  for (std::size_t p = 0; p < kLocations; ++p) {
    if (Distance(patches.row(p), Nearest(patches.row(p), -1)) >
        Distance(patches.row(farthest), Nearest(patches.row(farthest), -1))) {
      farthest = p;
    }
  }
  const float* patch = patches.row(farthest);
  const std::size_t nearest = Nearest(patch, -1);
  for (const int b : {2, 3, 9}) {
    const double found = *PatchCoreScorer(bank(), kShapes, Options(b)).Score(query, 0).patch_max;
    EXPECT_NEAR(found, Reweighted(patch, nearest, static_cast<std::size_t>(b)), 1e-6) << b;
  }
  const double all = *PatchCoreScorer(bank(), kShapes, Options(1000)).Score(query, 0).patch_max;
  EXPECT_NEAR(all, Reweighted(patch, nearest, places_.size()), 1e-6);
  const double off = *PatchCoreScorer(bank(), kShapes, Options(0)).Score(query, 0).patch_max;
  EXPECT_NEAR(off, Distance(patch, nearest), 1e-6);
}

TEST_F(PatchCore, ReweighsDistancesWhoseExponentialsNoNumberHolds) {
  for (float& value : rows_) value += 1000;
  const double found = *PatchCoreScorer(bank(), kShapes, Options(9)).Score(Image(102), 0).patch_max;
  EXPECT_TRUE(std::isfinite(found));
  EXPECT_GT(found, 1000);
}

TEST_F(PatchCore, IgnoredPlacesDoNotCountForTheImage) {
  const ImageFeatures query = Image(103);
  const PatchCoreScorer scorer(bank(), kShapes, Options(0));
  const MethodScores all = scorer.Score(query, 0);
  ScoringScope scope;
  scope.ignored.assign(kLocations, 1);
  scope.ignored[7] = 0;
  const MethodScores one = scorer.Score(query, 0, scope);
  EXPECT_FLOAT_EQ(static_cast<float>(*one.patch_max), all.grids[0].values[7]);
  EXPECT_EQ(one.grids[0].values, all.grids[0].values);
}

TEST_F(PatchCore, PartsAreWhatEachLevelHasOfTheDistance) {
  const ImageFeatures query = Image(104);
  const PatchCoreScorer scorer(bank(), kShapes, Options(9));
  const MethodScores scores = scorer.Score(query, 0);
  const std::vector<LevelPart> parts = scorer.Parts(query, scores, 0, 11);
  ASSERT_EQ(parts.size(), 2U);
  const float distance = scores.grids[0].values[11];
  EXPECT_NEAR(parts[0].distance + parts[1].distance, distance * distance, 1e-5);
  EXPECT_GT(parts[0].distance, 0);
  EXPECT_GT(parts[1].distance, 0);
}

TEST_F(PatchCore, PartsOfFlattenedPatchesAreSharedOutByTheLevelsTurns) {
  const FeatureMap normal = PatchFeatures(Image(1).pyramid, Pooling::kReference);
  std::vector<PatchPlace> places;
  for (std::int32_t p = 0; p < 30; ++p) places.push_back({0, p});
  ScoringOptions options = Options(0);
  options.pooling = Pooling::kReference;
  const PatchCoreScorer scorer({{normal.values.data(), 30, 1024}, places, {}}, kShapes, options);
  const ImageFeatures query = Image(107);
  const MethodScores scores = scorer.Score(query, 0);
  const std::vector<LevelPart> parts = scorer.Parts(query, scores, 0, 12);
  const FeatureMap patches = PatchFeatures(query.pyramid, Pooling::kReference);
  const float* nearest = normal.row(static_cast<std::size_t>(scores.nearest[0][12].location));
  ASSERT_EQ(parts.size(), 2U);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(parts[l].level, static_cast<int>(l) + 1);
    EXPECT_FLOAT_EQ(static_cast<float>(parts[l].distance),
                    SquaredDistance(patches.row(12) + 512 * l, nearest + 512 * l, 512));
  }
}

TEST_F(PatchCore, ABankOfNothingButTheImagesLeftOutIsComparedWithAllTheSame) {
  const std::size_t num_rows = 10;  // all of image 0
  const PatchBank of_first{{rows_.data(), num_rows, 7}, {places_.begin(), places_.begin() + num_rows}, {}};
  const PatchCoreScorer scorer(of_first, kShapes, Options(3));
  const MethodScores all = scorer.Score(Image(108), 0);
  const MethodScores left_out = scorer.Score(Image(108), 0, {{0, 3}, {}});
  EXPECT_EQ(left_out.grids[0].values, all.grids[0].values);
  EXPECT_EQ(left_out.patch_max, all.patch_max);
}

TEST_F(PatchCore, IsTheSameForAnyNumberOfThreads) {
  const ImageFeatures query = Image(105);
  const PatchCoreScorer scorer(bank(), kShapes, Options(9));
  const MethodScores expected = scorer.Score(query, 0);
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] {
      const MethodScores scores = scorer.Score(query, 0);
      EXPECT_EQ(scores.grids[0].values, expected.grids[0].values);
      EXPECT_EQ(scores.patch_max, expected.patch_max);
    });
  }
}

TEST_F(PatchCore, RefusesABankAndImagesOfOtherShapes) {
  const std::vector<FeatureShape> others{{6, 5, 3}, {3, 3, 5}};
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "7 channels", [&] { PatchCoreScorer(bank(), others, Options(9)); }));
  ImageFeatures query = Image(106);
  query.pyramid[1].shape.width = 2;
  const PatchCoreScorer scorer(bank(), kShapes, Options(9));
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "level 2", [&] { scorer.Score(query, 0); }));
}

}  // namespace
}  // namespace touchstone
