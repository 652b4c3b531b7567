#include "methods/coarse_distances.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>

#include "knn/patch_search_reference.h"
#include "methods/fake_gallery.h"
#include "methods/spade_reference.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/patch_search.h"

namespace touchstone {
namespace {

using Fill = std::function<float(std::mt19937&)>;
using Pyramid = std::vector<FeatureMap>;

float Uniform(std::mt19937& generator) { return static_cast<float>(generator()) / 4294967296.0F; }

Pyramid MakePyramid(const std::vector<FeatureShape>& shapes, unsigned seed, const Fill& fill) {
  std::mt19937 generator(seed);
  Pyramid levels;
  for (const FeatureShape& shape : shapes) {
    levels.push_back({shape, std::vector<float>(shape.num_values())});
    for (float& value : levels.back().values) value = fill(generator);
  }
  return levels;
}

const std::vector<std::vector<FeatureShape>> kShapes{{{8, 8, 5}, {4, 4, 70}, {2, 2, 130}},
                                                     {{7, 9, 3}, {7, 9, 4}, {3, 5, 6}},
                                                     {{6, 1, 40}, {1, 1, 9}},
                                                     {{12, 12, 1}, {5, 4, 16}},
                                                     {{6, 6, 8}, {2, 3, 1024}},
                                                     {{5, 5, 33}}};

// All that CoarseDistances takes of a projection.
Projection CentredAt(const FusedRows& rows, float value) {
  Projection projection;
  projection.num_channels = rows.cols();
  projection.centre.assign(rows.cols(), value);
  return projection;
}

// ||tail(q) - tail(g)||^2 in double, of the rows as they are made.
double TailDistance(const FusedRows& query, std::size_t q, const FusedRows& rows, std::size_t r) {
  std::vector<float> a(query.cols()), b(rows.cols());
  query.Row(q, a.data());
  rows.Row(r, b.data());
  double sum = 0;
  for (std::size_t c = rows.cols() - rows.levels().back().shape.channels; c < rows.cols(); ++c) {
    sum += (static_cast<double>(a[c]) - b[c]) * (static_cast<double>(a[c]) - b[c]);
  }
  return sum;
}

// Calls `check(at_least, distance)` for every pair of locations of two pyramids.
void ForEachPair(const Pyramid& query_levels, const Pyramid& levels, float centre,
                 const std::function<void(float, double)>& check) {
  const FusedRows query(query_levels), rows(levels);
  const Projection projection = CentredAt(query, centre);
  const CoarseDistances::Query coarse(query, projection);
  CoarseDistances tail(coarse, rows);
  tail.Prepare();
  for (std::size_t q = 0; q < query.rows(); ++q) {
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      check(tail.AtLeast(q, r), TailDistance(query, q, rows, r));
    }
  }
}

TEST(CoarseDistances, IsNeverMoreThanTheDistance) {
  const std::vector<Fill> fills{
      Uniform,
      [](std::mt19937&) { return 7.3F; },
      [](std::mt19937& g) { return 1e4F + Uniform(g); },
      [](std::mt19937& g) { return 1.0F + 1e-6F * Uniform(g); },
      [](std::mt19937& g) { return std::ldexp(Uniform(g), -60); },
      [](std::mt19937& g) { return std::ldexp(Uniform(g), -73); },  // squares are hardly more than 0
      [](std::mt19937& g) { return g() % 50 == 0 ? 1e15F * Uniform(g) : Uniform(g); },
      [](std::mt19937& g) { return static_cast<float>(g() % 3); }};
  for (const auto& shapes : kShapes) {
    const auto channels = static_cast<std::size_t>(shapes.back().channels);
    for (std::size_t f = 0; f < fills.size(); ++f) {
      const Pyramid query = MakePyramid(shapes, 1, fills[f]);
      for (const Pyramid& levels : {MakePyramid(shapes, 2, fills[f]), query}) {
        for (const float centre : {0.0F, 0.5F, 1e4F}) {
          ForEachPair(query, levels, centre, [&](float at_least, double distance) {
            ASSERT_GE(at_least, 0);
            ASSERT_LE(at_least, distance) << channels << " channels, fill " << f;
          });
        }
      }
    }
  }
}

// Otherwise it would rule nothing out.
TEST(CoarseDistances, IsHardlyLessThanTheDistance) {
  for (const auto& shapes : kShapes) {
    ForEachPair(MakePyramid(shapes, 1, Uniform), MakePyramid(shapes, 2, Uniform), 0.5F,
                [&](float at_least, double distance) { ASSERT_GE(at_least, distance * 0.99 - 1e-3); });
  }
}

TEST(CoarseDistances, GivesTheHeadOfARow) {
  const Pyramid levels = MakePyramid(kShapes[0], 3, Uniform);
  const FusedRows rows(levels);
  const Projection projection = CentredAt(rows, 0);
  const CoarseDistances::Query coarse(rows, projection);
  const CoarseDistances tail(coarse, rows);
  ASSERT_EQ(tail.num_head_channels(), 75u);
  std::vector<float> head(75), whole(205);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    const float* found = tail.Head(r, head.data());
    const float* expected = rows.Row(r, whole.data());
    ASSERT_TRUE(std::equal(found, found + 75, expected)) << r;
  }
}

// Products that are always worth it.
class ForcedDistances : public CoarseDistances {
 public:
  using CoarseDistances::CoarseDistances;
  std::size_t num_worthwhile_pairs() const override { return 0; }
};

TEST(CoarseDistances, IsWorthItWhereTheTailIsLongAndPairsAreMany) {
  const auto worthwhile = [](int channels) {
    const Pyramid levels = MakePyramid({{56, 56, 1}, {14, 14, channels}}, 1, Uniform);
    const FusedRows rows(levels);
    const Projection projection = CentredAt(rows, 0);
    const CoarseDistances::Query query(rows, projection);
    EXPECT_EQ(CoarseDistances::CanPay(rows), channels > 300);
    return CoarseDistances(query, rows).num_worthwhile_pairs();
  };
  EXPECT_LT(worthwhile(1024), 56u * 56 * 4);  // of ten million
  EXPECT_LT(worthwhile(1024), worthwhile(512));
  EXPECT_GT(worthwhile(256), 56u * 56 * 56 * 56);  // ResNet-18: measured, no gain
}

// 16 MiB of them are 2,048 cells, more than 45 x 45.
TEST(CoarseDistances, IsNotWorthItWhereProductsTakeTooMuchMemory) {
  const Pyramid levels = MakePyramid({{46, 46, 400}}, 1, Uniform);
  EXPECT_FALSE(CoarseDistances::CanPay(FusedRows(levels)));
  EXPECT_TRUE(CoarseDistances::CanPay(FusedRows(MakePyramid({{45, 45, 400}}, 1, Uniform))));
}

// What heads and tails rule out is what may be ruled out: the search finds what brute force finds.
TEST(CoarseDistances, LeaveTheResultOfASearchAsItIs) {
  const std::vector<Fill> fills{Uniform, [](std::mt19937& g) { return static_cast<float>(g() % 3); },
                                [](std::mt19937& g) { return 1.0F + 1e-6F * Uniform(g); },
                                [](std::mt19937&) { return 7.3F; }};
  constexpr int kImages = 6;
  std::uint64_t ruled_out = 0;
  for (const auto& shapes : kShapes) {
    for (std::size_t f = 0; f < fills.size(); ++f) {
      const Pyramid query_levels = MakePyramid(shapes, 1, fills[f]);
      const FusedRows query(query_levels);
      const FeatureMap fused = FuseLevels(query_levels);
      const RowsView view{fused.values.data(), query.rows(), query.cols()};
      const Projection projection = FitProjection(view);
      const CoarseDistances::Query coarse(query, projection);
      std::vector<Pyramid> images;
      std::vector<FeatureMap> fused_images;
      for (int i = 0; i < kImages; ++i) {
        images.push_back(i == 3 ? images[1] : MakePyramid(shapes, static_cast<unsigned>(10 + i), fills[f]));
        fused_images.push_back(FuseLevels(images.back()));
      }
      std::vector<RowsView> views;
      for (const FeatureMap& image : fused_images)
        views.push_back({image.values.data(), query.rows(), query.cols()});
      for (const std::size_t k : {std::size_t{1}, std::size_t{3}}) {
        PatchSearch search(view, projection, k);
        for (int i = 0; i < kImages; ++i) {
          const FusedRows rows(images[i]);
          ForcedDistances tail(coarse, rows);
          search.AddImage(rows, Encode(projection, rows), i, nullptr, &tail);
        }
        const auto found = search.Result(), expected = SearchPatchesReference(view, views, k);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t n = 0; n < found.size(); ++n) {
          ASSERT_EQ(found[n].squared_distance, expected[n].squared_distance)
              << "fill " << f << ", entry " << n;
          ASSERT_EQ(found[n].image, expected[n].image) << "fill " << f << ", entry " << n;
          ASSERT_EQ(found[n].location, expected[n].location) << "fill " << f << ", entry " << n;
        }
        ruled_out += search.counts().by_head;
      }
    }
  }
  EXPECT_GT(ruled_out, 0u);
}

// As score uses them, where it does.
TEST(CoarseDistances, LeaveTheScoresOfSpadeAsTheReferenceHasThem) {
  const std::vector<FeatureShape> shapes{{8, 8, 3}, {4, 4, 6}, {2, 2, 512}};
  std::mt19937 generator(3);
  std::vector<ImageFeatures> images;
  for (std::size_t i = 0; i < 7; ++i) images.push_back(RandomFeatures(&generator, shapes, 9));
  const ImageFeatures query = RandomFeatures(&generator, shapes, 9);
  ASSERT_TRUE(CoarseDistances::CanPay(FusedRows(query.pyramid)));
  const FakeGallery gallery(images);
  for (const int first_level : {1, 2}) {
    for (const int num_neighbors : {1, 3}) {
      ScoringOptions options;
      for (int level = first_level; level <= 3; ++level) options.levels.push_back(level);
      options.num_neighbors = num_neighbors;
      const std::vector<double> expected = ScoreReference(images, query, options).grids.at(0);
      const SpadeScorer scorer(gallery, options);
      for (const int threads : {1, 2, 7}) {
        WithThreads(threads, [&] {
          const std::vector<float> found = scorer.Score(query, 0).grids.at(0).values;
          ASSERT_EQ(found.size(), expected.size());
          for (std::size_t p = 0; p < found.size(); ++p) {
            ASSERT_NEAR(found[p], expected[p], 1e-5 * (1 + expected[p]))
                << p << ", " << threads << " threads";
          }
        });
      }
    }
  }
}

}  // namespace
}  // namespace touchstone
