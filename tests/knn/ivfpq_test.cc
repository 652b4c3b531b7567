#include "touchstone/knn/ivfpq.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

// Rows around 20 places.
std::vector<float> Clustered(std::size_t rows, std::size_t cols, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values;
  for (std::size_t r = 0; r < rows; ++r) {
    std::mt19937 place(static_cast<unsigned>(generator() % 20));
    for (std::size_t c = 0; c < cols; ++c) {
      values.push_back(static_cast<float>(place() % 100) + static_cast<float>(generator() % 1000) / 100);
    }
  }
  return values;
}

RowsView View(const std::vector<float>& values, std::size_t cols) {
  return {values.data(), values.size() / cols, cols};
}

TEST(IvfPq, HasAsManyListsAndPartsAsTheAuthorsOrWhatRowsAndChannelsAllow) {
  EXPECT_EQ(NumIvfPqLists(190000), 512U);
  EXPECT_EQ(NumIvfPqLists(3900), 100U);
  EXPECT_EQ(NumIvfPqLists(1), 1U);
  EXPECT_EQ(NumIvfPqParts(1536), 64U);
  EXPECT_EQ(NumIvfPqParts(152), 38U);
  EXPECT_EQ(NumIvfPqParts(97), 1U);
  EXPECT_EQ(NumIvfPqParts(3), 3U);
}

TEST(IvfPq, FindsMostOfTheNearestAndTrueDistances) {
  if (!HasIvfPq()) GTEST_SKIP() << "built without faiss";
  constexpr std::size_t kCols = 24, kNeighbors = 3;
  const std::vector<float> rows = Clustered(2000, kCols, 1), query = Clustered(100, kCols, 2);
  const IvfPqSearch search(View(rows, kCols), EncodeIvfPq(View(rows, kCols)));
  const std::vector<Neighbor> found = search.Nearest(View(query, kCols), kNeighbors);
  std::size_t num_right = 0;
  for (std::size_t q = 0; q < 100; ++q) {
    const std::vector<Neighbor> exact = NearestRows(query.data() + q * kCols, View(rows, kCols), kNeighbors);
    for (std::size_t i = 0; i < kNeighbors; ++i) {
      const Neighbor& neighbor = found[q * kNeighbors + i];
      const float distance =
          SquaredDistance(query.data() + q * kCols, rows.data() + neighbor.row * kCols, kCols);
      EXPECT_EQ(neighbor.squared_distance, distance);
      EXPECT_GE(neighbor.squared_distance, exact[i].squared_distance);
      num_right += neighbor.row == exact[i].row ? 1 : 0;
    }
  }
  EXPECT_GT(num_right, 270U) << "of 300";
}

TEST(IvfPq, FindsEveryRowOfASmallBank) {
  if (!HasIvfPq()) GTEST_SKIP() << "built without faiss";
  constexpr std::size_t kCols = 6;
  for (const std::size_t num_rows : {1U, 2U, 7U, 100U}) {
    const std::vector<float> rows = Clustered(num_rows, kCols, 3), query = Clustered(5, kCols, 4);
    const IvfPqSearch search(View(rows, kCols), EncodeIvfPq(View(rows, kCols)));
    const std::vector<Neighbor> found = search.Nearest(View(query, kCols), num_rows);
    for (std::size_t q = 0; q < 5; ++q) {
      const auto exact = NearestRows(query.data() + q * kCols, View(rows, kCols), num_rows);
      for (std::size_t i = 0; i < num_rows; ++i) EXPECT_EQ(found[q * num_rows + i].row, exact[i].row);
    }
  }
}

// All rows near the query are absent: those of lists that are usually not searched are found.
TEST(IvfPq, LeavesOutAbsentRows) {
  if (!HasIvfPq()) GTEST_SKIP() << "built without faiss";
  constexpr std::size_t kCols = 8, kRows = 1500;
  const std::vector<float> rows = Clustered(kRows, kCols, 5);
  const RowsView view = View(rows, kCols);
  const IvfPqSearch search(view, EncodeIvfPq(view));
  const std::vector<Neighbor> order = NearestRows(view.row(0), view, kRows);
  std::vector<char> absent(kRows, 1);
  for (std::size_t i = kRows - 4; i < kRows; ++i) absent[order[i].row] = 0;
  const std::vector<Neighbor> found = search.Nearest({view.row(0), 1, kCols}, 4, absent);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(found[i].row, order[kRows - 4 + i].row);
}

TEST(IvfPq, IsTheSameForAnyNumberOfThreads) {
  if (!HasIvfPq()) GTEST_SKIP() << "built without faiss";
  constexpr std::size_t kCols = 10;
  const std::vector<float> rows = Clustered(3000, kCols, 6), query = Clustered(60, kCols, 7);
  std::vector<IvfPqCodes> codes;
  std::vector<std::vector<Neighbor>> found;
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] {
      codes.push_back(EncodeIvfPq(View(rows, kCols)));
      found.push_back(IvfPqSearch(View(rows, kCols), codes.back()).Nearest(View(query, kCols), 2));
    });
    EXPECT_EQ(codes.back().centres, codes[0].centres);
    EXPECT_EQ(codes.back().codewords, codes[0].codewords);
    EXPECT_EQ(codes.back().lists, codes[0].lists);
    EXPECT_EQ(codes.back().codes, codes[0].codes);
    for (std::size_t i = 0; i < found[0].size(); ++i) EXPECT_EQ(found.back()[i].row, found[0][i].row);
  }
}

}  // namespace
}  // namespace touchstone
