#include "touchstone/knn/patch_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <tuple>

#include "knn/no_tiles.h"
#include "knn/patch_search_reference.h"
#include "knn/sanitized.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

struct Problem {
  std::size_t channels;
  std::vector<float> query;
  std::vector<std::vector<float>> images;
  RowsView query_view() const { return {query.data(), query.size() / channels, channels}; }
  std::vector<RowsView> image_views() const {
    std::vector<RowsView> views;
    for (const auto& image : images) views.push_back({image.data(), image.size() / channels, channels});
    return views;
  }
};

using Fill = std::function<float(std::mt19937&)>;

float Uniform(std::mt19937& generator) { return static_cast<float>(generator()) / 4294967296.0F; }

Problem MakeProblem(std::size_t queries, std::size_t rows, std::size_t channels, const Fill& fill,
                    std::size_t num_images = 3) {
  std::mt19937 generator(static_cast<unsigned>(queries * 1000003 + rows * 1009 + channels));
  Problem problem{channels, std::vector<float>(queries * channels), {}};
  for (float& value : problem.query) value = fill(generator);
  for (std::size_t i = 0; i < num_images; ++i) {
    problem.images.emplace_back(rows * channels);
    for (float& value : problem.images.back()) value = fill(generator);
  }
  return problem;
}

std::vector<PatchNeighbor> SearchBy(const CodeSizes& sizes, const Problem& problem, std::size_t k,
                                    const std::vector<int>& order, SearchCounts* counts) {
  const auto views = problem.image_views();
  const Projection projection = FitProjection(views[0], sizes);
  PatchSearch search(problem.query_view(), projection, k);
  for (const int i : order) {
    const MatrixRows rows(views[i]);
    search.AddImage(rows, Encode(projection, rows), i);
  }
  if (counts != nullptr) *counts = search.counts();
  return search.Result();
}

void ExpectEqual(const std::vector<PatchNeighbor>& found, const std::vector<PatchNeighbor>& expected,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_EQ(found[i].squared_distance, expected[i].squared_distance) << what << ", entry " << i;
    ASSERT_EQ(found[i].image, expected[i].image) << what << ", entry " << i;
    ASSERT_EQ(found[i].location, expected[i].location) << what << ", entry " << i;
  }
}

// By both kinds of codes, if this CPU has both.
std::vector<PatchNeighbor> Search(const Problem& problem, std::size_t k, const std::vector<int>& order) {
  const auto by_leaves = SearchBy(kLeafSizes, problem, k, order, nullptr);
  if (CodeSizesOfThisCpu().for_tiles) {
    ExpectEqual(SearchBy(kTileSizes, problem, k, order, nullptr), by_leaves, "tile registers");
  }
  return by_leaves;
}

void ExpectEqualsReference(const Problem& problem, const std::string& what) {
  const auto views = problem.image_views();
  const std::size_t total = views.size() * views[0].rows;
  for (const std::size_t k : {std::size_t{1}, std::min<std::size_t>(3, total), total}) {
    ExpectEqual(Search(problem, k, {0, 1, 2}), SearchPatchesReference(problem.query_view(), views, k),
                what + ", k = " + std::to_string(k));
  }
}

TEST(PatchSearch, EqualsBruteForceOverAwkwardSizes) {
  for (const std::size_t channels :
       {1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 46, 47, 48, 64, 65, 126, 127, 128, 200, 448}) {
    if (kIsSanitized && channels > 200) continue;
    for (const auto& [queries, rows] : {std::tuple<std::size_t, std::size_t>{1, 1},
                                        {1, 33},
                                        {63, 1},
                                        {64, 31},
                                        {65, 32},
                                        {65, 65},
                                        {129, 64}}) {
      ExpectEqualsReference(MakeProblem(queries, rows, channels, Uniform),
                            std::to_string(queries) + " queries, " + std::to_string(rows) + " rows, " +
                                std::to_string(channels) + " channels");
    }
  }
}

// Integers make many exact ties: the winner must be the lowest image and location.
TEST(PatchSearch, BreaksTiesByLowestImageThenLocation) {
  for (const std::size_t channels : {1, 2, 5, 33}) {
    ExpectEqualsReference(
        MakeProblem(70, 40, channels, [](std::mt19937& g) { return static_cast<float>(g() % 3); }),
        std::to_string(channels) + " channels of 0, 1, 2");
  }
}

TEST(PatchSearch, IsExactOnAdversarialFeatures) {
  const auto constant = [](std::mt19937&) { return 7.25F; };
  ExpectEqualsReference(MakeProblem(65, 65, 24, constant), "all equal");
  ExpectEqualsReference(MakeProblem(65, 65, 24, [](std::mt19937&) { return 0.0F; }), "all zero");
  Problem giant = MakeProblem(65, 65, 24, Uniform);
  for (std::size_t i = 0; i < giant.query.size(); i += 24) giant.query[i] *= 1e7F;
  for (auto& image : giant.images) {
    for (std::size_t i = 0; i < image.size(); i += 24) image[i] *= 1e7F;
  }
  ExpectEqualsReference(giant, "one giant channel");
  Problem shifted = MakeProblem(65, 65, 24, [](std::mt19937& g) { return 1e4F + Uniform(g); });
  ExpectEqualsReference(shifted, "large common offset");
  Problem near = MakeProblem(65, 65, 24, [](std::mt19937& g) { return 1.0F + 1e-6F * Uniform(g); });
  ExpectEqualsReference(near, "differences at the limit of float");
  Problem duplicates = MakeProblem(65, 65, 24, Uniform);
  duplicates.images[1] = duplicates.images[2] = duplicates.images[0];
  duplicates.query = duplicates.images[0];
  ExpectEqualsReference(duplicates, "queries equal to gallery rows, images equal to each other");
  ExpectEqualsReference(MakeProblem(65, 65, 24, [](std::mt19937& g) { return std::ldexp(Uniform(g), -60); }),
                        "tiny values");
}

TEST(PatchSearch, FindsZeroForAQueryThatIsInTheGallery) {
  Problem problem = MakeProblem(40, 40, 50, Uniform);
  problem.query = problem.images[1];
  for (const PatchNeighbor& neighbor : Search(problem, 1, {0, 1, 2})) {
    EXPECT_EQ(neighbor.squared_distance, 0.0F);
    EXPECT_EQ(neighbor.image, 1);
  }
}

TEST(PatchSearch, DoesNotDependOnTheOrderOfImages) {
  const Problem problem =
      MakeProblem(65, 65, 24, [](std::mt19937& g) { return static_cast<float>(g() % 4); });
  ExpectEqual(Search(problem, 5, {2, 0, 1}), Search(problem, 5, {0, 1, 2}), "order 2 0 1");
}

TEST(PatchSearch, DoesNotDependOnThreads) {
  const Problem problem = MakeProblem(300, 300, 40, Uniform);
  const auto expected = Search(problem, 2, {0, 1, 2});
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] { ExpectEqual(Search(problem, 2, {0, 1, 2}), expected, "threads"); });
  }
}

// The bound must do something: on data with few real dimensions most pairs are never looked at.
void ExpectFewPairsWhereTheDataHasStructure(const CodeSizes& sizes) {
  Problem problem = MakeProblem(256, 256, 64, [](std::mt19937&) { return 0.0F; });
  std::mt19937 generator(5);
  const auto fill = [&](std::vector<float>& rows) {
    for (std::size_t i = 0; i < rows.size(); i += 64) {
      const float a = Uniform(generator), b = Uniform(generator);
      for (std::size_t c = 0; c < 64; ++c) {
        rows[i + c] =
            a * static_cast<float>(c % 5) + b * static_cast<float>(c % 3) + 0.01F * Uniform(generator);
      }
    }
  };
  fill(problem.query);
  for (auto& image : problem.images) fill(image);
  SearchCounts counts;
  ExpectEqual(SearchBy(sizes, problem, 1, {0, 1, 2}, &counts),
              SearchPatchesReference(problem.query_view(), problem.image_views(), 1), "structured");
  EXPECT_EQ(counts.pairs, 3u * 256 * 256);
  EXPECT_LT(counts.refined, counts.pairs / 4);
  EXPECT_LT(counts.measured, counts.pairs / 10);
}

// A constant background: every distance there is 0, and nothing can be nearer.
void ExpectFewPairsWhereRowsAreTheSame(const CodeSizes& sizes) {
  const Problem problem = MakeProblem(
      300, 300, 24, [](std::mt19937&) { return 3.5F; }, 4);
  for (const std::vector<int>& order : {std::vector<int>{0, 1, 2, 3}, std::vector<int>{3, 2, 1, 0}}) {
    SearchCounts counts;
    const std::vector<PatchNeighbor> found = SearchBy(sizes, problem, 1, order, &counts);
    for (const PatchNeighbor& neighbor : found) {
      EXPECT_EQ(neighbor.squared_distance, 0);
      EXPECT_EQ(neighbor.image, 0);
      EXPECT_EQ(neighbor.location, 0);
    }
    EXPECT_EQ(counts.pairs, 4u * 300 * 300);
    EXPECT_LT(counts.measured, counts.pairs / 10);
  }
}

// A query unlike everything in the gallery: the codes let most pairs through, so whole rows are compared,
// with a trial of the codes now and then.
void ExpectBruteForceForAQueryUnlikeEverything(const CodeSizes& sizes) {
  const std::size_t num_images = 36;
  Problem problem = MakeProblem(150, 150, 200, Uniform, num_images);
  for (std::size_t i = 0; i < problem.query.size(); ++i) problem.query[i] += static_cast<float>(i % 7);
  std::vector<int> order(num_images);
  std::iota(order.begin(), order.end(), 0);
  for (const std::size_t k : {1, 3}) {
    SearchCounts counts;
    ExpectEqual(SearchBy(sizes, problem, k, order, &counts),
                SearchPatchesReference(problem.query_view(), problem.image_views(), k), "unlike");
    EXPECT_LT(counts.refined, counts.pairs / 2);  // by codes alone it would be nearly all
    EXPECT_LT(counts.measured, counts.pairs / 3);
  }
}

TEST(PatchSearch, LooksAtFewPairsWhereTheDataHasStructure) {
  ExpectFewPairsWhereTheDataHasStructure(kLeafSizes);
}

TEST(PatchSearch, MeasuresFewPairsWhereRowsAreTheSame) { ExpectFewPairsWhereRowsAreTheSame(kLeafSizes); }

TEST(PatchSearch, EqualsBruteForceForAQueryUnlikeEverything) {
  ExpectBruteForceForAQueryUnlikeEverything(kLeafSizes);
}

TEST(PatchSearch, LooksAtFewPairsByTileRegisters) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  ExpectFewPairsWhereTheDataHasStructure(kTileSizes);
  ExpectFewPairsWhereRowsAreTheSame(kTileSizes);
  ExpectBruteForceForAQueryUnlikeEverything(kTileSizes);
}

TEST(PatchSearch, PassesOverAnImageWithoutRows) {
  const Problem problem = MakeProblem(20, 30, 16, Uniform, 1);
  const Projection projection = FitProjection(problem.image_views()[0], kLeafSizes);
  const MatrixRows rows(problem.image_views()[0]), none({problem.images[0].data(), 0, 16});
  PatchSearch search(problem.query_view(), projection, 1);
  search.AddImage(none, Encode(projection, none), 0);
  search.AddImage(rows, Encode(projection, rows), 1);
  ASSERT_EQ(search.Result().size(), 20U);
  EXPECT_EQ(search.Result()[0].image, 1);
}

TEST(PatchSearch, RefusesMoreNeighboursThanRows) {
  const Problem problem = MakeProblem(4, 4, 8, Uniform);
  EXPECT_THROW(Search(problem, 13, {0, 1, 2}), Error);
  EXPECT_THROW(Search(problem, 0, {0, 1, 2}), Error);
}

TEST(PatchSearch, RefusesFeaturesThatAreNotFinite) {
  Problem problem = MakeProblem(4, 4, 8, Uniform);
  problem.query[3] = std::nanf("");
  EXPECT_THROW(Search(problem, 1, {0, 1, 2}), Error);
}

TEST(SquaredDistance, IsTheSumOfSquaredDifferences) {
  std::vector<float> a, b;
  for (std::size_t size = 0; size < 70; ++size) {
    float expected = 0;
    for (std::size_t i = 0; i < size; ++i) expected += (a[i] - b[i]) * (a[i] - b[i]);
    EXPECT_EQ(SquaredDistance(a.data(), b.data(), size), expected) << size;  // integers: exact in any order
    a.push_back(static_cast<float>(size % 7));
    b.push_back(static_cast<float>(size % 5) - 3.0F);
  }
}

TEST(NearestRows, OrdersByDistanceThenRowAndChecksK) {
  const std::vector<float> rows{0, 0, 3, 4, 0, 1, 1, 0, 9, 9};
  const std::vector<float> query{0, 0};
  const RowsView view{rows.data(), 5, 2};
  const auto nearest = NearestRows(query.data(), view, 4);
  ASSERT_EQ(nearest.size(), 4u);
  EXPECT_EQ(nearest[0].row, 0u);
  EXPECT_EQ(nearest[1].row, 2u);
  EXPECT_EQ(nearest[2].row, 3u);
  EXPECT_EQ(nearest[3].row, 1u);
  EXPECT_EQ(nearest[3].squared_distance, 25.0F);
  EXPECT_EQ(NearestRows(query.data(), view, 5).size(), 5u);
  EXPECT_THROW(NearestRows(query.data(), view, 0), Error);
  EXPECT_THROW(NearestRows(query.data(), view, 6), Error);
}

}  // namespace
}  // namespace touchstone
