#include "knn/leaves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <vector>

#include "touchstone/knn/codes.h"

namespace touchstone {
namespace {

constexpr std::size_t kLeaf = Codes::kLeaf;

// Rows of `clusters` tight clusters, one after the other.
Coordinates Clustered(std::size_t rows, std::size_t dims, std::size_t clusters) {
  std::mt19937 generator(static_cast<unsigned>(rows * 31 + dims));
  std::normal_distribution<float> normal;
  std::vector<float> centres(clusters * dims);
  for (float& value : centres) value = 20 * normal(generator);
  Coordinates made;
  made.rows = rows;
  made.dims = dims;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t d = 0; d < dims; ++d) {
      made.values.push_back(centres[r % clusters * dims + d] + normal(generator));
    }
  }
  return made;
}

// The mean squared distance of rows from the mean of their leaf.
double Spread(const Coordinates& rows, const std::vector<std::uint32_t>& order) {
  double sum = 0;
  for (std::size_t first = 0; first < rows.rows; first += kLeaf) {
    const std::size_t count = std::min(kLeaf, rows.rows - first);
    for (std::size_t d = 0; d < rows.dims; ++d) {
      double mean = 0;
      const auto value = [&](std::size_t i) { return rows.values[order[first + i] * rows.dims + d]; };
      for (std::size_t i = 0; i < count; ++i) mean += value(i) / static_cast<double>(count);
      for (std::size_t i = 0; i < count; ++i) sum += std::pow(value(i) - mean, 2);
    }
  }
  return sum / static_cast<double>(rows.rows);
}

TEST(SplitIntoLeaves, IsAnOrderOfAllRowsWhateverTheirNumber) {
  for (const std::size_t rows : {0, 1, 15, 16, 17, 31, 32, 33, 47, 100, 257, 1000}) {
    for (const std::size_t dims : {1, 2, 47, 48}) {
      const std::vector<std::uint32_t> order = SplitIntoLeaves(Clustered(rows, dims, 3), dims);
      const std::set<std::uint32_t> different(order.begin(), order.end());
      ASSERT_EQ(order.size(), rows);
      ASSERT_EQ(different.size(), rows) << rows << " rows, " << dims << " coordinates";
      ASSERT_EQ(rows == 0 ? 0 : *different.rbegin() + 1, rows);
    }
  }
}

TEST(SplitIntoLeaves, PutsRowsThatAreAlikeTogether) {
  const Coordinates rows = Clustered(512, 12, 8);  // 64 rows a cluster
  std::vector<std::uint32_t> as_given(rows.rows);
  for (std::size_t i = 0; i < rows.rows; ++i) as_given[i] = static_cast<std::uint32_t>(i);
  // Halves of equal size may cut through a cluster.
  EXPECT_LT(Spread(rows, SplitIntoLeaves(rows, rows.dims)), Spread(rows, as_given) / 20);
}

TEST(SplitIntoLeaves, EqualRowsKeepTheirOrderInLeaves) {
  Coordinates rows = Clustered(100, 5, 1);
  std::fill(rows.values.begin(), rows.values.end(), 3.0F);
  const std::vector<std::uint32_t> order = SplitIntoLeaves(rows, rows.dims);
  for (std::size_t first = 0; first < 96; first += kLeaf) {
    const auto leaf = order.begin() + static_cast<std::ptrdiff_t>(first);
    EXPECT_EQ(*std::min_element(leaf, leaf + kLeaf), first);
    EXPECT_EQ(*std::max_element(leaf, leaf + kLeaf), first + kLeaf - 1);
  }
}

TEST(LeafKernels, AreThePlainLoops) {
  constexpr std::size_t kRows = 70;
  const Coordinates made = Clustered(kRows, kSplitDims, 4);
  std::vector<std::uint32_t> listed;
  for (std::uint32_t i = 0; i < kRows; ++i) listed.push_back(static_cast<std::uint32_t>(i * 37 % kRows));
  for (const std::size_t count : {1, 2, 3, 15, 16, 17, 70}) {
    for (const std::size_t step : {1, 2, 5}) {
      const RowsToSplit rows{made.values.data(), listed.data(), count, step};
      const float* direction = made.values.data();
      std::vector<double> sums(kSplitDims), squares(kSplitDims), beyond(kSplitDims);
      std::size_t num_beyond = 0;
      std::vector<float> products(count);
      ProductsAlong(rows, direction, products.data());
      const float threshold = products[count / 2] - 0.5F;  // no product is within rounding of it
      for (std::size_t i = 0; i < count; ++i) {
        double product = 0;
        for (std::size_t d = 0; d < kSplitDims; ++d) {
          product += static_cast<double>(rows.at(i)[d]) * direction[d];
        }
        EXPECT_NEAR(products[i], product, 1e-5 * std::abs(product) + 1e-1);
        if (i % step != 0) continue;
        num_beyond += products[i] > threshold ? 1 : 0;
        for (std::size_t d = 0; d < kSplitDims; ++d) {
          const double value = rows.at(i)[d];
          sums[d] += value;
          squares[d] += value * value;
          beyond[d] += products[i] > threshold ? value : 0;
        }
      }
      std::vector<float> found_sums(kSplitDims), found_squares(kSplitDims), found_beyond(kSplitDims);
      SumRows(rows, found_sums.data(), found_squares.data());
      EXPECT_EQ(SumRowsBeyond(rows, direction, threshold, found_beyond.data()), num_beyond);
      for (std::size_t d = 0; d < kSplitDims; ++d) {
        EXPECT_NEAR(found_sums[d], sums[d], 1e-2);
        EXPECT_NEAR(found_squares[d], squares[d], 1e-5 * squares[d] + 1e-2);
        EXPECT_NEAR(found_beyond[d], beyond[d], 1e-2);
      }
    }
  }
}

}  // namespace
}  // namespace touchstone
