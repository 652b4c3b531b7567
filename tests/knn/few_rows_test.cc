#include "touchstone/knn/few_rows.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

std::vector<float> Random(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(generator() % 1000) / 100;
  return values;
}

void ExpectPlain(RowsView query, RowsView rows, std::size_t k, const std::vector<char>& absent) {
  const std::vector<Neighbor> found =
      FewRowsSearch(rows).Nearest(query, k, absent.empty() ? nullptr : absent.data());
  ASSERT_EQ(found.size(), query.rows * k);
  for (std::size_t q = 0; q < query.rows; ++q) {
    std::size_t i = 0;
    for (const Neighbor& expected : NearestRows(query.row(q), rows, rows.rows)) {
      if (!absent.empty() && absent[expected.row] != 0) continue;
      if (i == k) break;
      EXPECT_EQ(found[q * k + i].row, expected.row) << rows.rows << " rows, query " << q << ", " << i;
      EXPECT_EQ(found[q * k + i].squared_distance, expected.squared_distance);
      ++i;
    }
  }
}

TEST(FewRowsSearch, FindsTheNearestWhateverIsAbsent) {
  for (const std::size_t cols : {1U, 17U, 33U, 100U}) {
    const std::vector<float> query = Random(130 * cols, 1);
    for (const std::size_t num_rows : {1U, 2U, 31U, 32U, 33U, 65U}) {
      const std::vector<float> rows = Random(num_rows * cols, 2);
      for (const std::size_t k : {std::size_t{1}, std::min<std::size_t>(3, num_rows), num_rows}) {
        for (const std::size_t num_queries : {1U, 64U, 65U, 130U}) {
          const RowsView queries{query.data(), num_queries, cols}, bank{rows.data(), num_rows, cols};
          ExpectPlain(queries, bank, k, {});
          std::vector<char> absent(num_rows);
          for (std::size_t row = 0; row + k < num_rows; row += 3) absent[row] = 1;
          if (num_rows > k) ExpectPlain(queries, bank, k, absent);
        }
      }
    }
  }
}

// Rows far from zero and close to each other: products are rounded by more than distances differ.
TEST(FewRowsSearch, IsExactWhereProductsAreNot) {
  constexpr std::size_t kCols = 40, kRows = 64;
  std::vector<float> rows = Random(kRows * kCols, 3), query = Random(70 * kCols, 4);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = rows[i] * 1e-4F + (i / kCols % 2 == 0 ? 900 : -900);
  for (std::size_t i = 0; i < query.size(); ++i) query[i] = query[i] * 1e-4F + 900;
  for (const std::size_t k : {1U, 5U}) {
    ExpectPlain({query.data(), 70, kCols}, {rows.data(), kRows, kCols}, k, {});
  }
}

TEST(FewRowsSearch, TakesTheLowestOfEqualRows) {
  const std::vector<float> rows(40 * 3, 2.0F), query(3, 1.0F);
  const std::vector<Neighbor> found =
      FewRowsSearch({rows.data(), 40, 3}).Nearest({query.data(), 1, 3}, 2, nullptr);
  EXPECT_EQ(found[0].row, 0U);
  EXPECT_EQ(found[1].row, 1U);
}

TEST(FewRowsSearch, IsTheSameForAnyNumberOfThreads) {
  constexpr std::size_t kCols = 21;
  const std::vector<float> rows = Random(100 * kCols, 5), query = Random(300 * kCols, 6);
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] { ExpectPlain({query.data(), 300, kCols}, {rows.data(), 100, kCols}, 2, {}); });
  }
}

TEST(FewRowsSearch, RefusesWhatCannotBeCompared) {
  std::vector<float> rows(4, 1), query(4, 1);
  const FewRowsSearch search({rows.data(), 2, 2});
  EXPECT_THROW(search.Nearest({query.data(), 1, 4}, 1), std::logic_error);
  EXPECT_THROW(search.Nearest({query.data(), 2, 2}, 3), std::logic_error);
  query[1] = 1e30F;
  EXPECT_THROW(search.Nearest({query.data(), 2, 2}, 1), Error);
}

}  // namespace
}  // namespace touchstone
