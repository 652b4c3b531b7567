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

std::vector<std::int8_t> QueryBytes(std::size_t count) {
  std::mt19937 generator(3);
  std::vector<std::int8_t> values(count);
  for (std::int8_t& value : values)
    value = static_cast<std::int8_t>(static_cast<int>(generator() % 127) - 63);
  for (std::size_t i = 0; i < count; i += 5) values[i] = i % 2 == 0 ? 63 : -63;  // the extremes
  return values;
}

std::vector<std::uint8_t> GalleryBytes(std::size_t count) {
  std::mt19937 generator(4);
  std::vector<std::uint8_t> values(count);
  for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(generator() % 255);
  for (std::size_t i = 0; i < count; i += 3) values[i] = i % 2 == 0 ? 254 : 0;
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

int Product(const std::int8_t* query, const std::uint8_t* block, std::size_t depth, std::size_t j) {
  int product = 0;
  for (std::size_t d = 0; d < depth; ++d) product += query[d] * block[d / 4 * 4 * kBlock + j * 4 + d % 4];
  return product;
}

TEST(ScanBlock, SaysWhichProductsReachTheThreshold) {
  for (const std::size_t rows : {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 64}) {
    for (const std::size_t depth : {4, 8, 12, 48, 128}) {
      const std::vector<std::int8_t> queries = QueryBytes(rows * depth);
      const std::vector<std::uint8_t> block = GalleryBytes(depth * kBlock);
      std::vector<std::int32_t> starts(kBlock), thresholds(rows);
      for (std::size_t j = 0; j < kBlock; ++j) starts[j] = -static_cast<std::int32_t>(j * j * 50);
      for (std::size_t r = 0; r < rows; ++r) {  // exactly what one of the columns reaches
        thresholds[r] =
            starts[r % kBlock] + Product(queries.data() + r * depth, block.data(), depth, r % kBlock);
      }
      std::vector<std::uint32_t> masks(rows, 77);
      ScanBlock(queries.data(), rows, depth, block.data(), starts.data(), thresholds.data(), masks.data());
      for (std::size_t i = 0; i < rows * kBlock; ++i) {
        const std::size_t r = i / kBlock, j = i % kBlock;
        const int value = starts[j] + Product(queries.data() + r * depth, block.data(), depth, j);
        ASSERT_EQ(masks[r] >> j & 1, value >= thresholds[r] ? 1u : 0u) << rows << " rows, depth " << depth;
      }
    }
  }
}

TEST(ScanThresholds, NeverExceedTheExactOnes) {
  const std::vector<float> reaches{0, 0.5F, 1, 100, 1000.25F, 30000, 1e6F, INFINITY};
  const std::vector<std::int32_t> bases{0, 5, -5, 100000, -100000, 7, 8, 9};
  std::vector<std::int32_t> thresholds(reaches.size());
  ScanThresholds(reaches.data(), 0.25F, bases.data(), reaches.size(), thresholds.data());
  for (std::size_t i = 0; i < reaches.size(); ++i) {
    const double exact = bases[i] - std::pow(reaches[i] + 0.25, 2) / 4;
    EXPECT_LE(thresholds[i], std::max(exact, bases[i] - 1e9));
    if (reaches[i] > 30000) continue;
    EXPECT_GE(thresholds[i], exact - 3 - 1e-5 * std::abs(exact)) << reaches[i];
  }
}

TEST(RefineBlock, KeepsThePairsWithinReach) {
  constexpr std::size_t kDims = 128, kRows = 64;
  const std::vector<std::int8_t> queries = QueryBytes(kRows * kDims);
  const std::vector<std::uint8_t> rows = GalleryBytes(kBlock * kDims);
  std::vector<std::int32_t> norms(kBlock), bases(kRows);
  std::vector<float> errors(kBlock), reaches(kRows);
  for (std::size_t j = 0; j < kBlock; ++j) {
    for (std::size_t d = 0; d < kDims; ++d)
      norms[j] += (rows[j * kDims + d] - 127) * (rows[j * kDims + d] - 127);
    errors[j] = static_cast<float>(j);
  }
  std::mt19937 generator(9);
  std::vector<std::uint32_t> masks(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t d = 0; d < kDims; ++d) {
      const int v = queries[i * kDims + d];
      bases[i] += v * v + 127 * v;
    }
    reaches[i] = 900 + 10 * static_cast<float>(i);
    masks[i] = i % 4 == 0 ? 0xFFFFFFFFU : i % 4 == 1 ? 0 : static_cast<std::uint32_t>(generator());
  }
  std::vector<RefinedPair> pairs(kRows * kBlock);
  std::uint64_t num_tested = 1;
  const LongQueries long_queries{queries.data(), bases.data(), reaches.data(), kRows};
  const LongBlock block{rows.data(), norms.data(), errors.data(), kDims};
  const std::size_t count = RefineBlock(long_queries, block, masks.data(), pairs.data(), &num_tested);
  std::size_t next = 0, named = 1;
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kBlock; ++j) {
      if ((masks[i] >> j & 1) == 0) continue;
      ++named;
      int squared = 0;
      for (std::size_t d = 0; d < kDims; ++d) {
        const int difference = 2 * queries[i * kDims + d] - (rows[j * kDims + d] - 127);
        squared += difference * difference;
      }
      if (static_cast<float>(squared) > std::pow(reaches[i] + errors[j], 2.0F) * 1.000001F) continue;
      ASSERT_LT(next, count);
      EXPECT_EQ(pairs[next].pair, i * kBlock + j);
      EXPECT_EQ(pairs[next++].squared, static_cast<float>(squared));
    }
  }
  EXPECT_EQ(next, count);
  EXPECT_GT(count, 0u);
  EXPECT_LT(count, named - 1);  // else the reaches tell nothing
  EXPECT_EQ(num_tested, named);
}

TEST(RoundColumns, RoundsClampsAndAddsUp) {
  constexpr std::size_t kDepth = 5;
  std::vector<float> values(kDepth * kBlock);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.37F - 29;
  std::vector<std::int8_t> codes(values.size());
  RoundedColumns columns;
  RoundColumns(values.data(), kDepth, 2.0F, 50.0F, codes.data(), &columns);
  for (std::size_t j = 0; j < kBlock; ++j) {
    int sum = 0, squares = 0;
    double errors = 0;
    for (std::size_t d = 0; d < kDepth; ++d) {
      const float scaled = values[d * kBlock + j] * 2;
      const auto whole = static_cast<int>(std::lrint(std::min(50.0F, std::max(-50.0F, scaled))));
      EXPECT_EQ(codes[d * kBlock + j], whole);
      sum += whole;
      squares += whole * whole;
      errors += std::pow(static_cast<double>(scaled) - whole, 2);
    }
    EXPECT_EQ(columns.sums[j], sum);
    EXPECT_EQ(columns.squares[j], squares);
    EXPECT_NEAR(columns.errors[j], errors, 1e-4 * (1 + errors));
  }
}

}  // namespace
}  // namespace touchstone
