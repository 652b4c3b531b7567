#include "touchstone/knn/codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>

#include "knn/no_tiles.h"
#include "knn/sanitized.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/whole_rows.h"

namespace touchstone {
namespace {

using Fill = std::function<float(std::mt19937&)>;

float Uniform(std::mt19937& generator) { return static_cast<float>(generator()) / 4294967296.0F; }

std::vector<float> Values(std::size_t count, const Fill& fill, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = fill(generator);
  return values;
}

template <class Bytes>
int ValueAt(const Bytes& codes, std::size_t dims, std::size_t place, std::size_t d) {
  constexpr std::size_t kLeaf = Codes::kLeaf;
  return codes[(place / kLeaf * dims + d / 4 * 4) * kLeaf + place % kLeaf * 4 + d % 4] - Codes::kZero;
}

// The left side of (3) of codes.h, in short steps or long ones.
struct CodeDistances {
  double of_leaf = 0, of_short = 0, of_long = 0;
};

CodeDistances DistancesOf(const Codes& codes, const QueryCodes& queries, const Projection& projection,
                          std::size_t q, std::size_t place) {
  const int scale = queries.double_scale / 2;
  CodeDistances squared;
  for (std::size_t d = 0; d < codes.short_dims; ++d) {
    const int value = scale * queries.short_codes[q * codes.short_dims + d];
    squared.of_short += std::pow(value - ValueAt(codes.short_codes, codes.short_dims, place, d), 2);
    if (!codes.has_leaves()) continue;
    const int centre = ValueAt(codes.centre_codes, codes.short_dims, place / Codes::kLeaf, d);
    squared.of_leaf += std::pow(value - centre, 2);
  }
  for (std::size_t d = 0; d < codes.long_dims; ++d) {
    const int value = scale * queries.long_codes[q * codes.long_dims + d];
    const int difference = value - (codes.long_codes[place * codes.long_dims + d] - Codes::kZero);
    squared.of_long += (d < codes.long_start ? projection.long_weight : 1) * std::pow(difference, 2);
  }
  return {std::sqrt(squared.of_leaf), std::sqrt(squared.of_short), std::sqrt(squared.of_long)};
}

double Distance(const float* a, const float* b, std::size_t channels) {
  double squared = 0;
  for (std::size_t c = 0; c < channels; ++c) squared += std::pow(static_cast<double>(a[c]) - b[c], 2);
  return std::sqrt(squared);
}

// (3) of codes.h, for every pair of a query and a gallery row.
void ExpectBoundsHoldBy(const CodeSizes& sizes, std::size_t channels, const Fill& fill_gallery,
                        const Fill& fill_query, const std::string& what) {
  constexpr std::size_t kRows = 70, kQueries = 33;
  const std::vector<float> gallery = Values(kRows * channels, fill_gallery, 1);
  const std::vector<float> query = Values(kQueries * channels, fill_query, 2);
  const RowsView rows{gallery.data(), kRows, channels};
  const Projection projection = FitProjection(rows, sizes);
  const Codes codes = Encode(projection, MatrixRows(rows));
  const QueryCodes queries = EncodeQuery(projection, MatrixRows({query.data(), kQueries, channels}));
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t place = 0; place < kRows; ++place) {
      const CodeDistances of_codes = DistancesOf(codes, queries, projection, q, place);
      const double absolute = Distance(query.data() + q * channels, rows.row(codes.order[place]), channels);
      const double distance = absolute / projection.short_step, in_long = absolute / projection.long_step;
      const std::string message = what + ", " + std::to_string(channels) + " channels";
      ASSERT_LE(of_codes.of_short, distance + queries.short_errors[q] + codes.short_errors[0]) << message;
      ASSERT_LE(of_codes.of_long, in_long + queries.long_errors[q] + codes.long_errors[place]) << message;
      if (!codes.has_leaves()) continue;
      ASSERT_LE(of_codes.of_leaf, distance + queries.short_errors[q] + codes.radii[place / Codes::kLeaf])
          << message;
    }
  }
}

void ExpectBoundsHold(const std::vector<CodeSizes>& kinds, std::size_t channels) {
  const auto expect = [&](const Fill& gallery, const Fill& query, const std::string& what) {
    for (const CodeSizes& sizes : kinds) {
      ExpectBoundsHoldBy(sizes, channels, gallery, query,
                         what + ", " + std::to_string(sizes.more_directions) + " more directions");
    }
  };
  expect(Uniform, Uniform, "uniform");
  expect(
      Uniform, [](std::mt19937& g) { return 50 * Uniform(g) - 20; }, "far queries");
  expect([](std::mt19937&) { return 7.0F; }, Uniform, "all rows equal");
  expect([](std::mt19937& g) { return g() % 50 == 0 ? 1e6F * Uniform(g) : Uniform(g); }, Uniform,
         "few giant values");
  const Fill offset = [](std::mt19937& g) { return 1e4F + Uniform(g); };
  expect(offset, offset, "large common offset");
  const Fill tiny = [](std::mt19937& g) { return std::ldexp(Uniform(g), -60); };
  expect(tiny, tiny, "tiny values");
}

TEST(Codes, BoundNeverExceedsTheTrueDistance) {
  for (const std::size_t channels :
       {1, 3, 24, 46, 47, 48, 126, 127, 128, 176, 242, 243, 257, 381, 382, 383, 448}) {
    if (kIsSanitized && channels > 380 && channels < 384) continue;
    ExpectBoundsHold({kLeafSizes, {47, 4, false}}, channels);
  }
}

TEST(Codes, BoundNeverExceedsTheTrueDistanceForTileRegisters) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  for (const std::size_t channels : {1, 3, 24, 126, 127, 128, 176, 257, 381, 382, 383, 448}) {
    if (kIsSanitized && channels > 380 && channels < 384) continue;
    ExpectBoundsHold({kTileSizes, {127, 0, true}}, channels);
  }
}

// Without this a code of nothing but a large error would pass the test above.
void ExpectTightBounds(const CodeSizes& sizes) {
  constexpr std::size_t kChannels = 100, kRows = 64;
  std::mt19937 generator(3);
  std::vector<float> values(kRows * kChannels);
  for (std::size_t r = 0; r < kRows; ++r) {
    const float a = Uniform(generator), b = Uniform(generator);
    for (std::size_t c = 0; c < kChannels; ++c) {
      values[r * kChannels + c] = a * static_cast<float>(c % 5) + b * static_cast<float>(c % 7);
    }
  }
  const RowsView rows{values.data(), kRows, kChannels};
  const Projection projection = FitProjection(rows, sizes);
  const Codes codes = Encode(projection, MatrixRows(rows));
  const QueryCodes queries = EncodeQuery(projection, MatrixRows(rows));
  double short_bounds = 0, long_bounds = 0, distances = 0;
  for (std::size_t q = 0; q < kRows; ++q) {
    for (std::size_t place = 0; place < kRows; ++place) {
      const CodeDistances of_codes = DistancesOf(codes, queries, projection, q, place);
      short_bounds += std::max(0.0, of_codes.of_short - queries.short_errors[q] - codes.short_errors[0]);
      const double in_long = of_codes.of_long - queries.long_errors[q] - codes.long_errors[place];
      long_bounds += std::max(0.0, in_long * projection.long_step / projection.short_step);
      distances += Distance(rows.row(q), rows.row(codes.order[place]), kChannels) / projection.short_step;
    }
  }
  EXPECT_GT(short_bounds, 0.9 * distances);
  EXPECT_GT(long_bounds, 0.9 * distances);
}

TEST(Codes, BoundIsTightWhereTheDataHasFewDimensions) { ExpectTightBounds(kLeafSizes); }

TEST(Codes, BoundIsTightForTileRegistersToo) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  ExpectTightBounds(kTileSizes);
}

// Rows in 8 clusters far from each other, mixed.
Codes CodesOfClusters(std::size_t count, const CodeSizes& sizes) {
  std::mt19937 generator(8);
  std::vector<float> values;
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t c = 0; c < 10; ++c) {
      values.push_back(Uniform(generator) + ((r % 8) >> (c % 3) & 1 ? 100.0F : 0.0F));
    }
  }
  const RowsView rows{values.data(), count, 10};
  return Encode(FitProjection(rows, sizes), MatrixRows(rows));
}

TEST(Codes, EveryRowHasOnePlaceAndLeavesHoldRowsThatAreAlike) {
  for (const std::size_t count : {1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 255, 256, 257, 1000}) {
    const Codes codes = CodesOfClusters(count, kLeafSizes);
    std::vector<int> seen(count, 0);
    for (const std::uint32_t row : codes.order) ++seen.at(row);
    EXPECT_EQ(seen, std::vector<int>(count, 1));
    EXPECT_TRUE(codes.has_leaves());
    if (count < 1000) continue;
    std::size_t num_pure = 0;
    for (std::size_t leaf = 0; leaf < codes.num_leaves(); ++leaf) {
      const std::size_t first = leaf * Codes::kLeaf, last = std::min(first + Codes::kLeaf, count);
      bool pure = true;
      for (std::size_t p = first; p < last; ++p) pure &= codes.order[p] % 8 == codes.order[first] % 8;
      num_pure += pure ? 1 : 0;
    }
    EXPECT_GE(num_pure, codes.num_leaves() - 8);  // the borders between clusters
  }
}

TEST(Codes, ForTileRegistersRowsStandAsTheyCome) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  for (const std::size_t count : {1, 17, 257}) {
    const Codes codes = CodesOfClusters(count, kTileSizes);
    EXPECT_FALSE(codes.has_leaves());
    ASSERT_EQ(codes.order.size(), count);
    for (std::size_t r = 0; r < count; ++r) EXPECT_EQ(codes.order[r], r);
  }
}

// More rows than any task takes.
TEST(Codes, DoNotDependOnThreads) {
  constexpr std::size_t kRows = 600, kChannels = 100;
  const std::vector<float> values = Values(kRows * kChannels, Uniform, 12);
  const MatrixRows rows({values.data(), kRows, kChannels});
  std::vector<CodeSizes> kinds{kLeafSizes};
  if (CodeSizesOfThisCpu().for_tiles) kinds.push_back(kTileSizes);
  for (const CodeSizes& sizes : kinds) {
    Codes first;
    QueryCodes first_queries;
    for (const int threads : {1, 2, 7}) {
      WithThreads(threads, [&] {
        const Projection projection = FitProjection({values.data(), kRows, kChannels}, sizes);
        const Codes codes = Encode(projection, rows);
        const QueryCodes queries = EncodeQuery(projection, rows);
        if (threads == 1) {
          first = codes;
          first_queries = queries;
        }
        EXPECT_EQ(codes.order, first.order);
        EXPECT_EQ(codes.short_codes, first.short_codes);
        EXPECT_EQ(codes.long_codes, first.long_codes);
        EXPECT_EQ(codes.short_norms, first.short_norms);
        EXPECT_EQ(codes.long_errors, first.long_errors);
        EXPECT_EQ(codes.radii, first.radii);
        EXPECT_EQ(codes.short_errors, first.short_errors);
        EXPECT_EQ(queries.short_codes, first_queries.short_codes);
        EXPECT_EQ(queries.long_codes, first_queries.long_codes);
        EXPECT_EQ(queries.long_errors, first_queries.long_errors);
      });
    }
  }
}

void ExpectNormsAndTerms(const CodeSizes& sizes, std::size_t channels) {
  const std::vector<float> values = Values(45 * channels, Uniform, 5);
  const RowsView rows{values.data(), 45, channels};
  const Projection projection = FitProjection(rows, sizes);
  const Codes codes = Encode(projection, MatrixRows(rows));
  const QueryCodes queries = EncodeQuery(projection, MatrixRows(rows));
  const int scale = queries.double_scale / 2;
  for (std::size_t r = 0; r < rows.rows; ++r) {
    int short_norm = 0, long_norm = 0, short_term = 0, long_term = 0;
    for (std::size_t d = 0; d < codes.short_dims; ++d) {
      short_norm += static_cast<int>(std::pow(ValueAt(codes.short_codes, codes.short_dims, r, d), 2));
      const int v = queries.short_codes[r * codes.short_dims + d];
      EXPECT_LE(std::abs(v), scale == 1 ? 126 : 63);
      short_term += scale * scale * v * v + 2 * scale * Codes::kZero * v;
    }
    for (std::size_t d = 0; d < codes.long_dims; ++d) {
      const int weight = d < codes.long_start ? projection.long_weight : 1;
      const int u = codes.long_codes[r * codes.long_dims + d] - Codes::kZero;
      const int v = queries.long_codes[r * codes.long_dims + d];
      long_norm += weight * u * u;
      long_term += weight * (scale * scale * v * v + 2 * scale * Codes::kZero * v);
    }
    EXPECT_EQ(codes.short_norms[r], short_norm);
    EXPECT_EQ(codes.long_norms[r], long_norm);
    EXPECT_EQ(queries.short_terms[r], static_cast<float>(short_term));
    EXPECT_EQ(queries.long_terms[r], long_term);
    EXPECT_LE(queries.short_bases[r] * queries.double_scale, short_term);
    EXPECT_GT((queries.short_bases[r] + 1) * queries.double_scale, short_term);
  }
}

TEST(Codes, NormsAndTermsAreThoseOfTheCodes) {
  for (const std::size_t channels : {60, 448}) ExpectNormsAndTerms(kLeafSizes, channels);
}

TEST(Codes, NormsAndTermsAreThoseOfTheCodesForTileRegisters) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  for (const std::size_t channels : {60, 448}) ExpectNormsAndTerms(kTileSizes, channels);
}

TEST(Codes, BeginAtCacheLinesAndQueriesAreFilledUp) {
  for (const std::size_t count : {1, 63, 64, 65}) {
    const std::vector<float> values = Values(count * 30, Uniform, 9);
    const RowsView rows{values.data(), count, 30};
    const Projection projection = FitProjection(rows, CodeSizesOfThisCpu());
    const Codes codes = Encode(projection, MatrixRows(rows));
    const QueryCodes queries = EncodeQuery(projection, MatrixRows(rows));
    EXPECT_EQ(queries.short_codes.size(), (count + 63) / 64 * 64 * queries.short_dims);
    const void* const begins[] = {codes.short_codes.data(), codes.long_codes.data(),
                                  queries.short_codes.data(), queries.long_codes.data()};
    for (const void* begin : begins) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(begin) % 64, 0U);
  }
}

TEST(Codes, RefuseRowsThatAreNotFiniteOrTooLarge) {
  std::vector<float> values = Values(40 * 8, Uniform, 6);
  const RowsView rows{values.data(), 40, 8};
  const Projection projection = FitProjection(rows);
  for (const float bad : {std::nanf(""), INFINITY, 1e19F}) {
    std::vector<float> broken = values;
    broken[37 * 8 + 2] = bad;
    const RowsView view{broken.data(), 40, 8};
    EXPECT_THROW(Encode(projection, MatrixRows(view)), Error);
    EXPECT_THROW(EncodeQuery(projection, MatrixRows(view)), Error);
    EXPECT_THROW(MakeWholeRows(projection, MatrixRows(view)), Error);
  }
}

TEST(Codes, ForTileRegistersThatAreNotThereAreABug) {
  if (CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << "this CPU has tile registers";
  const std::vector<float> values = Values(20 * 8, Uniform, 14);
  const MatrixRows rows({values.data(), 20, 8});
  Projection projection = FitProjection({values.data(), 20, 8});
  projection.for_tiles = true;
  EXPECT_THROW(Encode(projection, rows), std::logic_error);
  EXPECT_THROW(EncodeQuery(projection, rows), std::logic_error);
}

}  // namespace
}  // namespace touchstone
