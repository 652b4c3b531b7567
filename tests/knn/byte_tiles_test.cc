#include "knn/byte_tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "knn/cpu_choice.h"
#include "knn/no_tiles.h"
#include "touchstone/core/memory.h"

namespace touchstone {
namespace {

constexpr std::size_t kLeaf = 16, kQueries = kTileQueries;

// Short codes of 64 query rows and of a group, with values up to the ends of their ranges.
struct Problem {
  AlignedVector<std::int8_t> queries;
  AlignedVector<std::uint8_t> rows;
  std::vector<std::int32_t> norms, thresholds;
  std::size_t num_rows = 0;

  // p - ||u(b)||^2 / 2, rounded up.
  std::int32_t Value(std::size_t a, std::size_t b) const {
    std::int32_t sum = -(norms[b] >> 1);
    for (std::size_t d = 0; d < kTileDims; ++d) {
      const std::size_t at = b / kLeaf * kLeaf * kTileDims + d / 4 * 64 + b % kLeaf * 4 + d % 4;
      sum += queries[a * kTileDims + d] * rows[at];
    }
    return sum;
  }
};

Problem MakeProblem(std::size_t num_queries, std::size_t num_rows) {
  std::mt19937 generator(static_cast<unsigned>(num_queries * 1000 + num_rows));
  Problem problem;
  problem.num_rows = num_rows;
  const std::size_t places = (num_rows + kLeaf - 1) / kLeaf * kLeaf;
  problem.queries.resize(kQueries * kTileDims);
  problem.rows.resize(places * kTileDims);
  const bool at_ends = num_queries % 2 == 0;
  for (auto& value : problem.queries) {
    value = static_cast<std::int8_t>(at_ends ? (generator() % 2 == 0 ? -126 : 126)
                                             : static_cast<int>(generator() % 253) - 126);
  }
  for (auto& value : problem.rows) {
    value = static_cast<std::uint8_t>(at_ends ? (generator() % 2 == 0 ? 2 : 254) : 2 + generator() % 253);
  }
  for (std::size_t b = 0; b < places; ++b) {
    problem.norms.push_back(b < num_rows ? static_cast<std::int32_t>(generator() % 2000000) : 1 << 29);
  }
  // That of some pair, just below it, or one that no pair reaches.
  for (std::size_t a = 0; a < kQueries; ++a) {
    const std::int32_t value = problem.Value(a, generator() % num_rows);
    problem.thresholds.push_back(a >= num_queries || a % 7 == 5 ? kNoPairs
                                                                : value - static_cast<std::int32_t>(a % 2));
  }
  return problem;
}

TEST(CompareTiles, FindsThePairsThatAPlainLoopFinds) {
  if (!UseByteTiles()) GTEST_SKIP() << kNoTiles;
  for (const std::size_t num_queries : {1, 15, 16, 17, 32, 33, 63, 64}) {
    for (const std::size_t num_rows : {1, 15, 16, 17, 100, 255, 256}) {
      const Problem problem = MakeProblem(num_queries, num_rows);
      QueryTile tile{};
      tile.rows = num_queries;
      tile.short_dims = kTileDims;
      tile.double_scale = 2;
      tile.short_codes = problem.queries.data();
      LeafGroup group{};
      group.rows = num_rows;
      group.short_codes = problem.rows.data();
      group.short_norms = problem.norms.data();
      TileHits hits;
      const TileRegisters registers(true);
      CompareTiles(tile, group, problem.thresholds.data(), &hits);
      std::set<std::pair<std::size_t, std::size_t>> found, expected;
      for (std::size_t h = 0; h < hits.count; ++h) {
        for (std::size_t i = 0; i < kLeaf * kLeaf; ++i) {
          if ((hits.masks[h * kLeaf + i / kLeaf] >> i % kLeaf & 1) == 0) continue;
          found.insert({hits.blocks[h] % 4 * kLeaf + i / kLeaf, hits.blocks[h] / 4 * kLeaf + i % kLeaf});
        }
      }
      for (std::size_t a = 0; a < kQueries; ++a) {
        for (std::size_t b = 0; b < problem.norms.size(); ++b) {
          if (problem.Value(a, b) > problem.thresholds[a]) expected.insert({a, b});
        }
      }
      ASSERT_EQ(found, expected) << num_queries << " query rows, " << num_rows << " rows";
    }
  }
}

// Registers that were set up stay so until the last who wants them is gone.
TEST(TileRegisters, MayLiveWithinEachOther) {
  if (!UseByteTiles()) GTEST_SKIP() << kNoTiles;
  const Problem problem = MakeProblem(64, 256);
  QueryTile tile{};
  tile.rows = 64;
  tile.short_dims = kTileDims;
  tile.double_scale = 2;
  tile.short_codes = problem.queries.data();
  LeafGroup group{};
  group.rows = 256;
  group.short_codes = problem.rows.data();
  group.short_norms = problem.norms.data();
  TileHits first, second;
  const TileRegisters registers(true);
  CompareTiles(tile, group, problem.thresholds.data(), &first);
  { const TileRegisters within(true), unwanted(false); }
  CompareTiles(tile, group, problem.thresholds.data(), &second);
  EXPECT_GT(first.count, 0U);
  ASSERT_EQ(second.count, first.count);
  EXPECT_TRUE(std::equal(first.blocks, first.blocks + first.count, second.blocks));
  EXPECT_TRUE(std::equal(first.masks, first.masks + first.count * kLeaf, second.masks));
}

TEST(CompareTiles, RefusesCodesOfAnotherKind) {
  if (!UseByteTiles()) GTEST_SKIP() << kNoTiles;
  QueryTile tile{};
  tile.short_dims = 48;
  tile.double_scale = 2;
  TileHits hits;
  {
    const TileRegisters registers(true);
    EXPECT_THROW(CompareTiles(tile, {}, nullptr, &hits), std::logic_error);
  }
  tile.short_dims = kTileDims;
  EXPECT_THROW(CompareTiles(tile, {}, nullptr, &hits), std::logic_error);  // no registers
}

}  // namespace
}  // namespace touchstone
