#include "touchstone/methods/bank_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

std::vector<float> Random(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator() % 1000) / 100;
  return values;
}

// Of all rows that are not absent, the k nearest.
std::vector<Neighbor> Plain(const float* query, RowsView rows, std::size_t k, const RowMask& absent) {
  std::vector<Neighbor> nearest;
  for (const Neighbor& neighbor : NearestRows(query, rows, rows.rows)) {
    if (nearest.size() < k && (absent.empty() || absent[neighbor.row] == 0)) nearest.push_back(neighbor);
  }
  return nearest;
}

void ExpectPlain(RowsView query, RowsView rows, std::size_t k, const RowMask& absent) {
  const std::vector<Neighbor> found = MakeExactBankSearch(rows)->Nearest(query, k, absent);
  ASSERT_EQ(found.size(), query.rows * k);
  for (std::size_t q = 0; q < query.rows; ++q) {
    const std::vector<Neighbor> expected = Plain(query.row(q), rows, k, absent);
    for (std::size_t i = 0; i < k; ++i) {
      EXPECT_EQ(found[q * k + i].row, expected[i].row) << rows.rows << " rows, query " << q << ", " << i;
      EXPECT_EQ(found[q * k + i].squared_distance, expected[i].squared_distance);
    }
  }
}

TEST(ExactBankSearch, FindsTheNearestRowsWhateverIsAbsent) {
  constexpr std::size_t kCols = 19;
  const std::vector<float> query = Random(9 * kCols, 1);
  for (const std::size_t num_rows : {1U, 2U, 31U, 33U, 200U, 512U, 513U}) {
    const std::vector<float> rows = Random(num_rows * kCols, 2);
    const RowsView bank{rows.data(), num_rows, kCols};
    for (const std::size_t k : {std::size_t{1}, std::min<std::size_t>(9, num_rows)}) {
      ExpectPlain({query.data(), 9, kCols}, bank, k, {});
      RowMask absent(num_rows);
      for (std::size_t row = 0; row + k < num_rows; row += 3) absent[row] = 1;
      ExpectPlain({query.data(), 9, kCols}, bank, k, absent);
    }
  }
}

TEST(ExactBankSearch, CrossesItsChunks) {
  constexpr std::size_t kCols = 4, kRows = 2 * 4096 + 50;
  const std::vector<float> rows = Random(kRows * kCols, 3), query = Random(5 * kCols, 4);
  const RowsView bank{rows.data(), kRows, kCols};
  ExpectPlain({query.data(), 5, kCols}, bank, 3, {});
  RowMask absent(kRows, 1);  // the first chunks are gone altogether
  for (std::size_t row = 8150; row < kRows; ++row) absent[row] = 0;
  ExpectPlain({query.data(), 5, kCols}, bank, 3, absent);
}

// With more channels than the few rows have directions.
TEST(ExactBankSearch, FindsTheNearestOfWideRows) {
  constexpr std::size_t kCols = 200;
  const std::vector<float> query = Random(70 * kCols, 5);
  for (const std::size_t num_rows : {513U, 2000U}) {
    const std::vector<float> rows = Random(num_rows * kCols, 6);
    ExpectPlain({query.data(), 70, kCols}, {rows.data(), num_rows, kCols}, 3, {});
  }
}

TEST(ExactBankSearch, TakesTheLowestOfEqualRows) {
  const std::vector<float> rows(10 * 3, 2.0F), query(3, 1.0F);
  const std::vector<Neighbor> found =
      MakeExactBankSearch({rows.data(), 10, 3})->Nearest({query.data(), 1, 3}, 2, {});
  EXPECT_EQ(found[0].row, 0U);
  EXPECT_EQ(found[1].row, 1U);
}

}  // namespace
}  // namespace touchstone
