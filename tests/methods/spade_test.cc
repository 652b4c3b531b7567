#include "touchstone/methods/spade.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/support.h"
#include "methods/fake_gallery.h"
#include "methods/spade_reference.h"
#include "touchstone/core/parallel.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {
namespace {

const std::vector<FeatureShape> kShapes{{8, 6, 3}, {4, 3, 5}, {2, 2, 7}};
constexpr std::size_t kGlobalSize = 9;
constexpr std::size_t kNumImages = 5;

std::vector<ImageFeatures> RandomImages(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<ImageFeatures> images;
  for (std::size_t i = 0; i < count; ++i) {
    images.push_back(RandomFeatures(&generator, kShapes, kGlobalSize));
  }
  return images;
}

FakeGallery TestGallery() { return FakeGallery(RandomImages(kNumImages, 1)); }
ImageFeatures Query() { return RandomImages(1, 2)[0]; }

ImageFeatures OneLevel(std::vector<float> global, FeatureShape shape, std::vector<float> values) {
  ImageFeatures features{std::move(global), {}};
  features.pyramid.push_back({shape, std::move(values)});
  return features;
}

std::vector<std::size_t> Rows(const std::vector<Neighbor>& neighbors) {
  std::vector<std::size_t> rows;
  for (const Neighbor& neighbor : neighbors) rows.push_back(neighbor.row);
  return rows;
}

void ExpectNear(const std::vector<ScoreMap>& grids, const std::vector<std::vector<double>>& expected,
                const std::string& what) {
  ASSERT_EQ(grids.size(), expected.size()) << what;
  for (std::size_t g = 0; g < grids.size(); ++g) {
    ASSERT_EQ(grids[g].values.size(), expected[g].size()) << what;
    for (std::size_t p = 0; p < expected[g].size(); ++p) {
      ASSERT_NEAR(grids[g].values[p], expected[g][p], 1e-5 * (1 + expected[g][p]))
          << what << ", grid " << g << ", location " << p;
    }
  }
}

void ExpectSame(const MethodScores& a, const MethodScores& b, const std::string& what) {
  EXPECT_EQ(a.retrieval_score, b.retrieval_score) << what;
  EXPECT_EQ(Rows(a.retrieved), Rows(b.retrieved)) << what;
  ASSERT_EQ(a.grids.size(), b.grids.size()) << what;
  for (std::size_t g = 0; g < a.grids.size(); ++g) EXPECT_EQ(a.grids[g].values, b.grids[g].values) << what;
}

// Every combination of what changes the computation.
std::vector<ScoringOptions> AllOptions() {
  std::vector<ScoringOptions> all;
  for (const auto& fusion : FusionNames()) {
    for (const auto& distance : DistanceNames()) {
      for (const int num_neighbors : {1, 3}) {
        for (const int num_retrieved : {1, 3, 50}) {
          for (const std::vector<int>& levels : {std::vector<int>{1, 2, 3}, {2, 3}, {1, 3}, {2}}) {
            ScoringOptions options;
            options.fusion = fusion.second;
            options.distance = distance.second;
            options.num_neighbors = num_neighbors;
            options.num_retrieved = num_retrieved;
            options.levels = levels;
            all.push_back(options);
          }
        }
      }
    }
  }
  return all;
}

std::string Described(const ScoringOptions& options) {
  return NameOf(FusionNames(), options.fusion) + " " + NameOf(DistanceNames(), options.distance) + " k " +
         std::to_string(options.num_neighbors) + " K " + std::to_string(options.num_retrieved) + " levels " +
         std::to_string(options.levels.size()) + " from " + std::to_string(options.levels[0]);
}

TEST(SpadeScorer, EqualsTheReferenceForEveryCombinationOfOptions) {
  const FakeGallery gallery = TestGallery();
  const ImageFeatures query = Query();
  for (const ScoringOptions& options : AllOptions()) {
    for (const std::vector<std::size_t>& left_out : {std::vector<std::size_t>{}, {2}, {0, 3}}) {
      const ReferenceScores expected = ScoreReference(gallery.images(), query, options, left_out);
      const MethodScores scores = SpadeScorer(gallery, options).Score(query, 0, {left_out, {}});
      const std::string what = Described(options) + ", left out " + std::to_string(left_out.size());
      EXPECT_NEAR(*scores.retrieval_score, expected.retrieval_score, 1e-6 * expected.retrieval_score) << what;
      EXPECT_EQ(Rows(scores.retrieved), expected.retrieved) << what;
      ExpectNear(scores.grids, expected.grids, what);
    }
  }
}

TEST(SpadeScorer, GivesGridsOfTheSearchedLevels) {
  const FakeGallery gallery = TestGallery();
  ScoringOptions options;
  options.levels = {2, 3};
  EXPECT_EQ(SpadeScorer(gallery, options).Score(Query(), 0).grids.at(0).size, (Size{3, 4}));
  options.fusion = Fusion::kPerLevel;
  const MethodScores scores = SpadeScorer(gallery, options).Score(Query(), 0);
  ASSERT_EQ(scores.grids.size(), 2U);
  EXPECT_EQ(scores.grids[1].size, (Size{2, 2}));
}

// The patch named is in a retrieved image and lies at the distance that the grid holds.
void ExpectNearestExplainsTheGrids(const FakeGallery& gallery, const ImageFeatures& query,
                                   const MethodScores& scores, const ScoringOptions& options) {
  const auto spaces = [&](const ImageFeatures& features) {
    if (options.fusion == Fusion::kPerLevel) return features.pyramid;
    return std::vector<FeatureMap>{FuseLevels(features.pyramid)};
  };
  const std::vector<FeatureMap> queries = spaces(query);
  const std::vector<std::size_t> retrieved = Rows(scores.retrieved);
  ASSERT_EQ(scores.nearest.size(), scores.grids.size());
  for (std::size_t g = 0; g < queries.size(); ++g) {
    ASSERT_EQ(scores.nearest[g].size(), scores.grids[g].values.size());
    for (std::size_t p = 0; p < scores.nearest[g].size(); ++p) {
      const PatchNeighbor& nearest = scores.nearest[g][p];
      ASSERT_EQ(std::count(retrieved.begin(), retrieved.end(), nearest.image), 1);
      const FeatureMap patches = spaces(gallery.images().at(nearest.image))[g];
      ASSERT_EQ(nearest.squared_distance,
                SquaredDistance(queries[g].row(p), patches.row(nearest.location), patches.shape.channels));
      const float mean = scores.grids[g].values[p];  // of the k nearest
      ASSERT_TRUE(options.num_neighbors == 1 ? nearest.squared_distance == mean
                                             : nearest.squared_distance <= mean);
    }
  }
}

TEST(SpadeScorer, NamesTheNearestPatchOfEachLocation) {
  const FakeGallery gallery = TestGallery();
  for (const auto& fusion : FusionNames()) {
    for (const int num_neighbors : {1, 3}) {
      ScoringOptions options;
      options.fusion = fusion.second;
      options.num_neighbors = num_neighbors;
      options.num_retrieved = 3;
      ExpectNearestExplainsTheGrids(gallery, Query(), SpadeScorer(gallery, options).Score(Query(), 0),
                                    options);
    }
  }
}

TEST(SpadeScorer, ReportsTheDistancesOfTheRetrievedImages) {
  const FakeGallery gallery = TestGallery();
  const ImageFeatures query = Query();
  const MethodScores scores = SpadeScorer(gallery, {}).Score(query, 0);
  for (const Neighbor& neighbor : scores.retrieved) {
    const float* global = gallery.globals().row(neighbor.row);
    EXPECT_EQ(neighbor.squared_distance, SquaredDistance(query.global.data(), global, kGlobalSize));
  }
}

TEST(SpadeScorer, ScoresAGalleryImageZeroUnlessItIsLeftOut) {
  const FakeGallery gallery = TestGallery();
  ScoringOptions options;
  options.num_retrieved = 1;
  const SpadeScorer scorer(gallery, options);
  const MethodScores found = scorer.Score(gallery.images()[3], 0);
  EXPECT_EQ(found.retrieval_score, 0);
  for (const float value : found.grids[0].values) EXPECT_EQ(value, 0.0F);
  const MethodScores without = scorer.Score(gallery.images()[3], 0, {{3}, {}});
  EXPECT_GT(without.retrieval_score, 0);
  EXPECT_GT(*std::min_element(without.grids[0].values.begin(), without.grids[0].values.end()), 0.0F);
}

TEST(SpadeScorer, LeftOutEqualsAGalleryWithoutThoseImages) {
  const std::vector<ImageFeatures> images = RandomImages(kNumImages, 1);
  std::vector<ImageFeatures> others = images;
  others.erase(others.begin() + 1, others.begin() + 3);
  const FakeGallery gallery(images), smaller(others);
  const MethodScores left_out = SpadeScorer(gallery, {}).Score(Query(), 0, {{2, 1}, {}});
  const MethodScores absent = SpadeScorer(smaller, {}).Score(Query(), 0);
  EXPECT_EQ(left_out.retrieval_score, absent.retrieval_score);
  EXPECT_EQ(left_out.grids[0].values, absent.grids[0].values);
}

TEST(SpadeScorer, SkipsStageTwoForAnImageThatTheGateStops) {
  const FakeGallery gallery = TestGallery();
  const SpadeScorer scorer(gallery, {});
  const MethodScores open = scorer.Score(Query(), 0);
  const MethodScores stopped = scorer.Score(Query(), 0, {{}, open.retrieval_score});
  EXPECT_TRUE(stopped.grids.empty());
  EXPECT_EQ(stopped.retrieval_score, open.retrieval_score);
  EXPECT_EQ(Rows(stopped.retrieved), Rows(open.retrieved));
  const double below = std::nextafter(*open.retrieval_score, 0);
  ExpectSame(scorer.Score(Query(), 0, {{}, below}), open, "above the gate");
}

TEST(SpadeScorer, FillsInLevelsAndClipsKToTheGallery) {
  const FakeGallery gallery = TestGallery();
  const SpadeScorer scorer(gallery, {});
  EXPECT_EQ(scorer.options().num_retrieved, static_cast<int>(kNumImages));
  EXPECT_EQ(scorer.options().levels, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(scorer.Score(Query(), 0).retrieved.size(), kNumImages);
}

TEST(SpadeScorer, BreaksTiesInRetrievalByTheLowestIndex) {
  std::vector<ImageFeatures> images = RandomImages(kNumImages, 1);
  for (std::size_t i = 0; i < kNumImages; ++i) {
    images[i].global.assign(kGlobalSize, i == 3 ? 1.0F : (i % 2 == 0 ? 2.0F : -2.0F));
  }
  ImageFeatures query = Query();
  query.global.assign(kGlobalSize, 0.0F);
  const FakeGallery gallery(images);
  EXPECT_EQ(Rows(SpadeScorer(gallery, {}).Score(query, 0).retrieved),
            (std::vector<std::size_t>{3, 0, 1, 2, 4}));
}

TEST(SpadeScorer, GivesTheSameBytesWhateverTheCacheHolds) {
  const FakeGallery gallery = TestGallery();
  for (const auto& fusion : FusionNames()) {
    ScoringOptions options;
    options.fusion = fusion.second;
    const MethodScores expected = SpadeScorer(gallery, options).Score(Query(), 0);
    for (const std::size_t cache_bytes : {0, 1, 3000, 20000}) {
      const SpadeScorer scorer(gallery, options, cache_bytes);
      for (int round = 0; round < 2; ++round) {
        ExpectSame(scorer.Score(Query(), 0), expected, std::to_string(cache_bytes) + " bytes");
      }
    }
  }
}

TEST(SpadeScorer, GivesTheSameBytesForAnyThreadsAndAnyOrderOfImages) {
  const FakeGallery gallery = TestGallery();
  const std::vector<ImageFeatures> queries = RandomImages(12, 9);
  ScoringOptions options;
  options.retrieval = Retrieval::kRandom;
  options.num_retrieved = 2;
  std::vector<MethodScores> expected;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    expected.push_back(SpadeScorer(gallery, options).Score(queries[i], i));
  }
  for (const int threads : {1, 2, 7}) {
    const SpadeScorer scorer(gallery, options, 3000);
    std::vector<MethodScores> found(queries.size());
    WithThreads(threads, [&] {
      ParallelFor(queries.size(), [&](std::size_t i) { found[i] = scorer.Score(queries[i], i); });
    });
    for (std::size_t i = 0; i < queries.size(); ++i) {
      ExpectSame(found[i], expected[i], std::to_string(threads) + " threads, image " + std::to_string(i));
    }
  }
}

// Table 7 of the paper: K random images stand in for the nearest; stage 1 stays as it is.
TEST(SpadeScorer, ComparesWithRandomImagesOnRequest) {
  const FakeGallery gallery = TestGallery();
  const ImageFeatures query = Query();
  ScoringOptions options;
  options.num_retrieved = 2;
  options.levels = {1, 2, 3};
  const double nearest_score = *SpadeScorer(gallery, options).Score(query, 0).retrieval_score;
  options.retrieval = Retrieval::kRandom;
  const SpadeScorer scorer(gallery, options);
  std::set<std::vector<std::size_t>> draws;
  for (std::uint64_t draw = 0; draw < 60; ++draw) {
    const MethodScores scores = scorer.Score(query, draw);
    const std::vector<std::size_t> rows = Rows(scores.retrieved);
    ASSERT_EQ(std::set<std::size_t>(rows.begin(), rows.end()).size(), 2U) << "an image was drawn twice";
    EXPECT_EQ(scores.retrieval_score, nearest_score);
    ExpectNear(scores.grids, CompareWithImages(gallery.images(), rows, query, options), "draw");
    draws.insert(rows);
  }
  EXPECT_GT(draws.size(), 10U) << "of 20 ordered pairs";
}

TEST(SpadeScorer, DrawsByImageAndSeedAlone) {
  const FakeGallery gallery(RandomImages(12, 1));
  const auto drawn = [&](std::uint64_t seed, std::uint64_t draw) {
    ScoringOptions options;
    options.retrieval = Retrieval::kRandom;
    options.num_retrieved = 6;
    options.seed = seed;
    return Rows(SpadeScorer(gallery, options).Score(Query(), draw).retrieved);
  };
  const std::uint64_t high = std::uint64_t{1} << 40;  // the upper half of the number counts too
  EXPECT_EQ(drawn(1, 2), drawn(1, 2));
  EXPECT_NE(drawn(1, 2), drawn(3, 2));
  EXPECT_NE(drawn(1, 2), drawn(1, 3));
  EXPECT_NE(drawn(1, 2), drawn(1 + high, 2));
  EXPECT_NE(drawn(1, 2), drawn(1, 2 + high));
}

TEST(SpadeScorer, RefusesFeaturesOfAnotherShape) {
  const FakeGallery gallery = TestGallery();
  const SpadeScorer scorer(gallery, {});
  ImageFeatures fewer = Query(), longer = Query(), narrower = Query();
  fewer.pyramid.pop_back();
  longer.global.push_back(0);
  narrower.pyramid[1] = {{4, 2, 5}, std::vector<float>(40)};
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "number of levels", [&] { scorer.Score(fewer, 0); }));
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "global values", [&] { scorer.Score(longer, 0); }));
  EXPECT_TRUE(Refuses(ErrorCode::kShape, "level 2", [&] { scorer.Score(narrower, 0); }));
}

TEST(SpadeScorer, RefusesFeaturesThatAreNotFinite) {
  const FakeGallery gallery = TestGallery();
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const SpadeScorer scorer(gallery, {});
    ImageFeatures in_level = Query(), in_global = Query();
    in_level.pyramid[2].values[5] = bad;
    in_global.global[4] = bad;
    EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "", [&] { scorer.Score(in_level, 0); }));
    EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "global", [&] { scorer.Score(in_global, 0); }));
  }
}

TEST(SpadeScorer, RefusesAGalleryThatIsNotFinite) {
  std::vector<ImageFeatures> images = RandomImages(kNumImages, 1);
  images[2].global[0] = std::nanf("");
  const FakeGallery gallery(images);
  EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "global", [&] { SpadeScorer(gallery, {}).Score(Query(), 0); }));
}

TEST(SpadeScorer, RefusesOptionsThatTheGalleryCannotMeet) {
  const FakeGallery gallery = TestGallery();
  ScoringOptions options;
  options.levels = {4};
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--levels 4", [&] { SpadeScorer(gallery, options); }));
  // One search a level: level 3 has 4 locations an image, 2 images give 8 rows.
  options = {};
  options.fusion = Fusion::kPerLevel;
  options.num_retrieved = 2;
  options.num_neighbors = 9;
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--num-neighbors 9", [&] { SpadeScorer(gallery, options); }));
  options.num_neighbors = 8;
  EXPECT_NO_THROW(SpadeScorer(gallery, options).Score(Query(), 0));
}

TEST(SpadeScorer, OfAnEmptyGalleryIsABug) {
  const FakeGallery gallery({});
  EXPECT_THROW(SpadeScorer(gallery, {}), std::logic_error);
}

// byungjae89/SPADE-pytorch searches the gallery in chunks of 100 rows and loops over rows // 100 of them, so
// the last (rows mod 100) rows of each level are never looked at. With K = 5 images of 224 px the third level
// has 5 * 14 * 14 = 980 rows: 80 are dropped. Here the only patches equal to the query's are among those.
TEST(SpadeAgainstThePort, KeepsTheGalleryRowsThatThePortDrops) {
  const FeatureShape level3{14, 14, 4};
  constexpr std::size_t kRows = 5 * 14 * 14, kDropped = kRows % 100;
  ASSERT_EQ(kRows, 980U);
  ASSERT_EQ(kDropped, 80U);
  std::vector<ImageFeatures> images;
  for (int i = 0; i < 5; ++i) images.push_back(OneLevel({static_cast<float>(i)}, level3, {}));
  for (std::size_t row = 0; row < kRows; ++row) {
    const float value = row < kRows - kDropped ? 3.0F : 0.0F;
    std::vector<float>& values = images[row / 196].pyramid[0].values;
    values.insert(values.end(), 4, value);
  }
  const ImageFeatures query = OneLevel({0}, level3, std::vector<float>(level3.num_values(), 0.0F));
  ScoringOptions options;
  options.num_retrieved = 5;
  const FakeGallery gallery(images);
  const MethodScores scores = SpadeScorer(gallery, options).Score(query, 0);
  for (const float value : scores.grids[0].values) {
    ASSERT_EQ(value, 0.0F) << "the port finds 6 (l2), or 36 (l2sq)";
  }
}

// The port takes the root of each distance where Eq. 1 and Eq. 3 square; `l2` is its way, `l2sq` the paper's.
TEST(SpadeAgainstThePort, SquaresWhereThePortTakesRoots) {
  const FeatureShape shape{1, 1, 2};
  const FakeGallery gallery({OneLevel({3, 4}, shape, {6, 8}), OneLevel({0, 1}, shape, {0, 2})});
  const ImageFeatures query = OneLevel({0, 0}, shape, {0, 0});
  ScoringOptions options;
  options.num_neighbors = 2;
  const MethodScores squared = SpadeScorer(gallery, options).Score(query, 0);
  EXPECT_EQ(squared.retrieval_score, (25 + 1) / 2.0);
  EXPECT_EQ(squared.grids[0].values[0], (100 + 4) / 2.0F);
  options.distance = Distance::kL2;
  const MethodScores roots = SpadeScorer(gallery, options).Score(query, 0);
  EXPECT_EQ(roots.retrieval_score, (5 + 1) / 2.0);
  EXPECT_EQ(roots.grids[0].values[0], (10 + 2) / 2.0F);
}

}  // namespace
}  // namespace touchstone
