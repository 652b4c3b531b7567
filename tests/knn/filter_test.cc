#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "knn/byte_tiles.h"
#include "knn/kernels.h"
#include "knn/no_tiles.h"
#include "knn/sanitized.h"
#include "touchstone/knn/codes.h"

namespace touchstone {
namespace {

// Query rows and one group of gallery rows, in codes.
struct Problem {
  Projection projection;
  Codes codes;
  QueryCodes queries;
  std::vector<float> query_values, row_values;
  std::size_t channels = 0;
  std::vector<float> short_reaches, long_reaches;

  double Distance(std::size_t q, std::size_t place) const {
    double squared = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      squared += std::pow(
          static_cast<double>(query_values[q * channels + c]) - row_values[codes.order[place] * channels + c],
          2);
    }
    return std::sqrt(squared);
  }

  QueryTile tile() const {
    return {queries.rows,
            queries.short_dims,
            queries.long_dims,
            queries.double_scale,
            projection.long_weight,
            queries.short_codes.data(),
            queries.long_codes.data(),
            queries.short_bases.data(),
            queries.long_terms.data(),
            queries.short_terms.data(),
            short_reaches.data(),
            long_reaches.data()};
  }

  LeafGroup group() const {
    return {codes.rows,
            codes.has_leaves() ? codes.centre_codes.data() : nullptr,
            codes.centre_norms.data(),
            codes.radii.data(),
            codes.short_codes.data(),
            codes.long_codes.data(),
            codes.short_norms.data(),
            codes.long_norms.data(),
            codes.long_errors.data(),
            codes.short_errors[0]};
  }
};

// Rows around a few centres, so that leaves and codes rule out some pairs and not others; a few rows are
// `wild` times as long, most of them among those that the projection has not seen.
Problem MakeProblem(const CodeSizes& sizes, std::size_t queries, std::size_t rows, std::size_t channels,
                    float wild) {
  Problem problem;
  problem.channels = channels;
  std::mt19937 generator(static_cast<unsigned>(queries * 7919 + rows * 31 + channels));
  const auto uniform = [&] { return static_cast<float>(generator()) / 4294967296.0F; };
  const auto fill = [&](std::size_t count, std::vector<float>* values) {
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_wild = i % 9 == 4 && (wild < 1e6F || i > rows / 2);
      const float centre = static_cast<float>(generator() % 5), size = is_wild ? wild : 1.0F;
      for (std::size_t c = 0; c < channels; ++c) {
        values->push_back(size * (uniform() + centre * static_cast<float>(c % 3)));
      }
    }
  };
  fill(queries, &problem.query_values);
  fill(rows, &problem.row_values);
  const RowsView view{problem.row_values.data(), rows, channels};
  problem.projection = FitProjection({view.data, std::max<std::size_t>(1, rows / 2), channels}, sizes);
  problem.codes = Encode(problem.projection, MatrixRows(view));
  problem.queries =
      EncodeQuery(problem.projection, MatrixRows({problem.query_values.data(), queries, channels}));
  return problem;
}

// Each query searches within the distance of its `rank`-th nearest row, some within any distance.
std::vector<double> SetReaches(Problem* problem, std::size_t rank) {
  std::vector<double> within;
  for (std::size_t q = 0; q < problem->queries.rows; ++q) {
    std::vector<double> distances;
    for (std::size_t p = 0; p < problem->codes.rows; ++p) distances.push_back(problem->Distance(q, p));
    std::sort(distances.begin(), distances.end());
    within.push_back(q % 13 == 5 ? INFINITY : distances[std::min(rank, distances.size() - 1)] * (1 + 1e-6));
    const auto distance = static_cast<float>(within.back());
    const Projection& projection = problem->projection;
    problem->short_reaches.push_back(
        std::min(distance / projection.short_step + problem->queries.short_errors[q], kFarthest));
    problem->long_reaches.push_back(distance / projection.long_step + problem->queries.long_errors[q]);
  }
  return within;
}

double SquaredOfLongCodes(const Problem& problem, std::size_t q, std::size_t place) {
  const std::size_t dims = problem.codes.long_dims;
  const int scale = problem.queries.double_scale / 2;
  double squared = 0;
  for (std::size_t d = 0; d < dims; ++d) {
    const int stored = problem.codes.long_codes[place * dims + d];
    const int difference = scale * problem.queries.long_codes[q * dims + d] - (stored - Codes::kZero);
    squared += (d < problem.codes.long_start ? problem.projection.long_weight : 1) * std::pow(difference, 2);
  }
  return squared;
}

// All pairs within reach are there, and no other but those that the long codes cannot rule out.
void ExpectFilters(Problem problem, std::size_t rank, const std::string& what) {
  const std::vector<double> within = SetReaches(&problem, rank);
  CodePairs pairs;
  FilterCounts counts;
  const TileRegisters registers(!problem.codes.has_leaves());
  FilterGroup(problem.tile(), problem.group(), &pairs, &counts);
  const std::size_t count = pairs.count;
  std::map<std::pair<std::size_t, std::size_t>, float> found;
  for (std::size_t n = 0; n < count; ++n) {
    const auto pair = static_cast<std::size_t>(pairs.pairs[n]);
    found[{pair / CodePairs::kGroupRows, pair % CodePairs::kGroupRows}] = pairs.squared[n];
  }
  ASSERT_EQ(found.size(), count) << what << ": a pair twice";
  for (std::size_t q = 0; q < problem.queries.rows; ++q) {
    for (std::size_t place = 0; place < problem.codes.rows; ++place) {
      const auto pair = found.find({q, place});
      if (pair == found.end()) {
        ASSERT_GT(problem.Distance(q, place), within[q]) << what << ", query " << q;
        continue;
      }
      const double squared = SquaredOfLongCodes(problem, q, place);
      ASSERT_FLOAT_EQ(pair->second, static_cast<float>(squared)) << what;
      const double reach = problem.long_reaches[q] + problem.codes.long_errors[place];
      ASSERT_LE(squared, reach * reach * 1.0001) << what;
      found.erase(pair);
    }
  }
  ASSERT_TRUE(found.empty()) << what << ": a row that is not there";
  EXPECT_LE(count, counts.refined);
  EXPECT_LE(counts.refined, counts.scanned);
  EXPECT_LE(counts.scanned, problem.queries.rows * problem.codes.rows);
}

// Sanitizers make this test many times as slow: with them, many channels are tried on one awkward size alone.
bool IsAffordable(std::size_t channels, std::size_t queries) {
  return !kIsSanitized || channels <= 64 || queries == 33;
}

void ExpectFiltersOverAwkwardSizes(const CodeSizes& sizes) {
  for (const std::size_t channels : {1, 3, 16, 47, 48, 64, 127, 128, 176, 300, 448}) {
    for (const auto& [queries, rows] : std::vector<std::pair<std::size_t, std::size_t>>{
             {1, 1}, {7, 15}, {8, 16}, {9, 17}, {63, 31}, {64, 256}, {33, 255}, {64, 100}}) {
      if (!IsAffordable(channels, queries)) continue;
      for (const float wild : {1.0F, 1e3F, 1e15F}) {
        const std::string what = std::to_string(channels) + " channels, " + std::to_string(queries) +
                                 " queries, " + std::to_string(rows) + " rows, wild " + std::to_string(wild);
        const Problem problem = MakeProblem(sizes, queries, rows, channels, wild);
        ExpectFilters(problem, 0, what + ", nearest");
        ExpectFilters(problem, rows / 2, what + ", nearer half");
      }
    }
  }
}

TEST(FilterGroup, KeepsAllPairsWithinReachOverAwkwardSizes) { ExpectFiltersOverAwkwardSizes(kLeafSizes); }

TEST(FilterGroup, KeepsAllPairsWithinReachByTileRegisters) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  ExpectFiltersOverAwkwardSizes(kTileSizes);
}

// Query rows whose reach is not a number have no pairs, whatever their codes.
void ExpectNoPairsWithoutReach(const CodeSizes& sizes) {
  Problem problem = MakeProblem(sizes, 40, 256, 64, 1);
  SetReaches(&problem, 255);
  const TileRegisters registers(!problem.codes.has_leaves());
  const auto filter = [&] {
    CodePairs pairs;
    FilterCounts counts;
    FilterGroup(problem.tile(), problem.group(), &pairs, &counts);
    return std::vector<std::int32_t>(pairs.pairs, pairs.pairs + pairs.count);
  };
  EXPECT_EQ(filter().size(), 40U * 256);
  for (std::size_t q = 0; q < 40; q += 3) problem.short_reaches[q] = std::nanf("");
  const std::vector<std::int32_t> found = filter();
  EXPECT_EQ(found.size(), 26U * 256);
  for (const std::int32_t pair : found) EXPECT_NE(pair / 256 % 3, 0);
  for (float& reach : problem.short_reaches) reach = std::nanf("");
  EXPECT_TRUE(filter().empty());
}

TEST(FilterGroup, GivesNoPairsOfRowsWithoutReach) { ExpectNoPairsWithoutReach(kLeafSizes); }

TEST(FilterGroup, GivesNoPairsOfRowsWithoutReachByTileRegisters) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  ExpectNoPairsWithoutReach(kTileSizes);
}

std::size_t NumScannedOfWhatIsFar(const CodeSizes& sizes) {
  Problem problem = MakeProblem(sizes, 64, 256, 64, 1);
  SetReaches(&problem, 0);
  for (float& reach : problem.short_reaches) reach = std::min(reach, 1000.0F);
  CodePairs pairs;
  FilterCounts counts;
  const TileRegisters registers(!problem.codes.has_leaves());
  FilterGroup(problem.tile(), problem.group(), &pairs, &counts);
  const std::size_t count = pairs.count;
  EXPECT_LT(counts.refined, counts.scanned);
  EXPECT_LT(count, counts.scanned);
  return counts.scanned;
}

TEST(FilterGroup, RulesOutMostOfWhatIsFar) {
  EXPECT_LT(NumScannedOfWhatIsFar(kLeafSizes), 64U * 256 * 2 / 3);  // one of five centres is near
}

TEST(FilterGroup, ComparesAllByTileRegisters) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  EXPECT_EQ(NumScannedOfWhatIsFar(kTileSizes), 64U * 256);
}

}  // namespace
}  // namespace touchstone
