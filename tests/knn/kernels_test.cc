#include "knn/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace touchstone {
namespace {

constexpr std::size_t kBlock = kKernelBlock;

std::vector<float> SmallWholeNumbers(std::size_t count, unsigned seed) {  // sums of products are exact
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(static_cast<int>(generator() % 15)) - 7;
  return values;
}

TEST(MultiplyBlock, EqualsTheProduct) {
  for (const std::size_t rows : {1, 3, 4, 5, 8, 9, 17}) {
    for (const std::size_t depth : {1, 7, 63, 64, 65, 130}) {
      const std::vector<float> a = SmallWholeNumbers(rows * depth, 1),
                               block = SmallWholeNumbers(depth * kBlock, 2);
      std::vector<float> out(rows * kBlock, -1);
      MultiplyBlock(a.data(), rows, depth, block.data(), out.data());
      for (std::size_t i = 0; i < rows * kBlock; ++i) {
        float expected = 0;
        for (std::size_t t = 0; t < depth; ++t) {
          expected += a[i / kBlock * depth + t] * block[t * kBlock + i % kBlock];
        }
        ASSERT_EQ(out[i], expected) << rows << " rows, depth " << depth;
      }
    }
  }
}

TEST(CompareBlock, SaysWhichProductsReachTheThreshold) {
  for (const std::size_t rows : {1, 3, 4, 5, 8, 9, 17}) {
    for (const std::size_t depth : {1, 7, 64, 65}) {
      const std::vector<float> a = SmallWholeNumbers(rows * depth, 1),
                               block = SmallWholeNumbers(depth * kBlock, 2);
      const std::vector<float> offsets = SmallWholeNumbers(kBlock, 3),
                               thresholds = SmallWholeNumbers(rows, 4);
      std::vector<std::uint32_t> masks(rows, 77);
      CompareBlock(a.data(), rows, depth, block.data(), offsets.data(), thresholds.data(), masks.data());
      for (std::size_t i = 0; i < rows * kBlock; ++i) {
        const std::size_t r = i / kBlock, j = i % kBlock;
        float product = 0;
        for (std::size_t t = 0; t < depth; ++t) product += a[r * depth + t] * block[t * kBlock + j];
        ASSERT_EQ(masks[r] >> j & 1, product - offsets[j] >= thresholds[r] ? 1u : 0u);
      }
    }
  }
}

TEST(CompareBlock, LetsNothingThroughWhoseOffsetIsNan) {
  const std::vector<float> ones(kBlock, 1), offsets(kBlock, std::nanf(""));
  const float threshold = -1e30F;
  std::uint32_t mask = 77;
  CompareBlock(ones.data(), 1, 1, ones.data(), offsets.data(), &threshold, &mask);
  EXPECT_EQ(mask, 0u);
}

TEST(RoundRow, RoundsClampsAndAddsUp) {
  for (const std::size_t size : {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 127}) {
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i) * 0.37F - 29;
    std::vector<std::int8_t> whole(size + 1, 99);
    const RoundedRow row = RoundRow(values.data(), size, 2.0F, 50.0F, whole.data());
    int sum = 0, squares = 0;
    double errors = 0, lengths = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const float scaled = values[i] * 2;
      const auto expected = static_cast<int>(std::lrint(std::min(50.0F, std::max(-50.0F, scaled))));
      EXPECT_EQ(whole[i], expected);
      sum += expected;
      squares += expected * expected;
      errors += std::pow(std::min(50.0, std::max(-50.0, static_cast<double>(scaled))) - expected, 2);
      lengths += std::pow(static_cast<double>(values[i]), 2);
    }
    EXPECT_EQ(whole[size], 99);
    EXPECT_EQ(row.sum, sum);
    EXPECT_EQ(row.squares, squares);
    EXPECT_NEAR(row.error, errors, 1e-4 * (1 + errors));
    EXPECT_NEAR(row.squared_length, lengths, 1e-5 * (1 + lengths));
  }
}

}  // namespace
}  // namespace touchstone
