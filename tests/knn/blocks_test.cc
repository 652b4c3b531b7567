#include "touchstone/knn/blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>

namespace touchstone {
namespace {

std::vector<float> Numbers(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> numbers(count);
  for (float& number : numbers) number = static_cast<float>(generator()) / 4294967296.0F - 0.25F;
  return numbers;
}

TEST(RowBlocks, HoldEachCentredValueInItsPlaceAndZerosBeyondTheLastRow) {
  for (const std::size_t rows : {1, 15, 16, 17, 31, 32, 33, 65}) {
    const std::size_t cols = 3;
    const std::vector<float> values = Numbers(rows * cols, 1), centre{0.5F, 0, -1};
    const RowBlocks blocks = MakeRowBlocks(MatrixRows({values.data(), rows, cols}), centre.data());
    ASSERT_EQ(blocks.values.size(), (rows + 31) / 32 * 32 * cols);
    for (std::size_t r = 0; r < blocks.num_blocks() * 32; ++r) {
      for (std::size_t c = 0; c < cols; ++c) {
        const float expected = r < rows ? values[r * cols + c] - centre[c] : 0;
        ASSERT_EQ(blocks.values[(r / 32 * cols + c) * 32 + r % 32], expected) << r << ", " << c;
      }
    }
  }
}

TEST(MultiplyBlocks, GivesAllProductsWithinTheirRounding) {
  for (const std::size_t cols : {1, 3, 31, 32, 33, 64, 200}) {
    for (const std::size_t rows : {1, 3, 7, 8, 9, 17}) {
      for (const std::size_t others : {1, 31, 32, 33, 70}) {
        const std::vector<float> a = Numbers(rows * cols, 2), b = Numbers(others * cols, 3), zero(cols);
        const RowBlocks blocks = MakeRowBlocks(MatrixRows({b.data(), others, cols}), zero.data());
        std::vector<float> out(blocks.num_blocks() * rows * 32);
        MultiplyBlocks({a.data(), rows, cols}, blocks, out.data());
        for (std::size_t r = 0; r < rows; ++r) {
          for (std::size_t o = 0; o < others; ++o) {
            double product = 0, sizes = 0;
            for (std::size_t c = 0; c < cols; ++c) {
              const double term = static_cast<double>(a[r * cols + c]) * b[o * cols + c];
              product += term;
              sizes += std::abs(term);
            }
            const double allowed = (34 + static_cast<double>(cols) / 32) * std::ldexp(1.0, -24) * sizes;
            ASSERT_NEAR(out[(o / 32 * rows + r) * 32 + o % 32], product, allowed)
                << cols << " columns, row " << r << " of " << rows << ", " << o << " of " << others;
          }
        }
      }
    }
  }
}

TEST(MultiplyBlocks, OfOtherLengthsIsABug) {
  const std::vector<float> values(12);
  const RowBlocks blocks = MakeRowBlocks(MatrixRows({values.data(), 4, 3}), values.data());
  std::vector<float> out(128);
  EXPECT_THROW(MultiplyBlocks({values.data(), 3, 4}, blocks, out.data()), std::logic_error);
}

}  // namespace
}  // namespace touchstone
