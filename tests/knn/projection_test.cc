#include "touchstone/knn/projection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "knn/no_tiles.h"
#include "knn/sanitized.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

float Uniform(std::mt19937& generator) { return static_cast<float>(generator()) / 4294967296.0F; }

std::vector<float> Values(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = Uniform(generator);
  return values;
}

TEST(FitProjection, RefusesSizesThatNoCodesHave) {
  const std::vector<float> values = Values(40 * 300, 10);
  const RowsView rows{values.data(), 40, 300};
  EXPECT_THROW(FitProjection(rows, {48, 10, false}), std::logic_error);
  EXPECT_THROW(FitProjection(rows, {47, 208, false}), std::logic_error);
  EXPECT_THROW(FitProjection(rows, {128, 10, true}), std::logic_error);
  if (!CodeSizesOfThisCpu().for_tiles) {
    EXPECT_THROW(FitProjection(rows, kTileSizes), std::logic_error);
  }
}

// Channel c varies as 1 / (1 + c): the first m directions must hold the variance of the first m channels.
void ExpectMostVarianceInFirstDirections(const CodeSizes& sizes) {
  for (const std::size_t channels : {1, 5, 60, 200, 448}) {
    if (kIsSanitized && channels > 200) continue;
    std::mt19937 generator(7);
    std::vector<float> values(300 * channels);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = Uniform(generator) / static_cast<float>(1 + i % channels);
    }
    const RowsView rows{values.data(), 300, channels};
    const Projection projection = FitProjection(rows, sizes);
    ASSERT_EQ(projection.num_short, std::min(channels, sizes.short_directions));
    ASSERT_EQ(projection.num_directions, std::min(channels, sizes.short_directions + sizes.more_directions));
    std::vector<double> variances;
    for (std::size_t a = 0; a < projection.num_directions; ++a) {
      const float* direction = projection.directions.data() + a * channels;
      for (std::size_t b = 0; b <= a; ++b) {
        double product = 0;
        for (std::size_t c = 0; c < channels; ++c)
          product += direction[c] * projection.directions[b * channels + c];
        ASSERT_NEAR(product, a == b ? 1 : 0, 1e-5);
      }
      double variance = 0;
      for (std::size_t r = 0; r < rows.rows; ++r) {
        double y = 0;
        for (std::size_t c = 0; c < channels; ++c)
          y += direction[c] * (rows.row(r)[c] - projection.centre[c]);
        variance += y * y;
      }
      variances.push_back(variance);
    }
    double of_channels = 0, of_directions = 0;
    for (std::size_t c = 0; c < projection.num_short; ++c) {
      of_directions += variances[c];
      for (std::size_t r = 0; r < rows.rows; ++r) {
        of_channels += std::pow(static_cast<double>(rows.row(r)[c]) - projection.centre[c], 2);
      }
    }
    EXPECT_GT(of_directions, 0.99 * of_channels);
    for (std::size_t a = 0; a < projection.num_short; ++a) {  // turned, so that all vary alike
      EXPECT_LT(variances[a], channels < 5 ? INFINITY : 0.5 * of_directions);
    }
  }
}

TEST(FitProjection, GivesOrthonormalDirectionsThatHoldMostVariance) {
  ExpectMostVarianceInFirstDirections(kLeafSizes);
}

TEST(FitProjection, HoldsMostVarianceForTileRegistersToo) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  ExpectMostVarianceInFirstDirections(kTileSizes);
}

TEST(FitProjection, TakesConstantAndFewRows) {
  const std::vector<float> values(3 * 60, 2.5F);
  for (const std::size_t count : {1, 3}) {
    const Projection projection = FitProjection({values.data(), count, 60});
    EXPECT_GT(projection.short_step, 0);
    EXPECT_GT(projection.long_step, 0);
    EXPECT_EQ(projection.num_directions, 60u);
  }
  EXPECT_THROW(FitProjection({values.data(), 0, 60}), Error);
}

// 64 channels, of which the first `wide` vary a hundred times as much as the others.
Projection FitOfDimensions(std::size_t wide) {
  std::mt19937 generator(11);
  std::vector<float> values(500 * 64);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = Uniform(generator) * (i % 64 < wide ? 100.0F : 1.0F);
  }
  return FitProjection({values.data(), 500, 64});
}

TEST(FitProjection, LeavesTileRegistersWhereRowsHaveFewDimensions) {
  if (!CodeSizesOfThisCpu().for_tiles) GTEST_SKIP() << kNoTiles;
  EXPECT_FALSE(FitOfDimensions(1).for_tiles);
  EXPECT_FALSE(FitOfDimensions(7).for_tiles);
  EXPECT_EQ(FitOfDimensions(7).num_short, kLeafSizes.short_directions);
  EXPECT_TRUE(FitOfDimensions(12).for_tiles);
  EXPECT_TRUE(FitOfDimensions(64).for_tiles);
}

TEST(FitProjection, HasNoMoreDirectionsThanWanted) {
  const std::vector<float> values = Values(60 * 300, 13);
  const RowsView rows{values.data(), 60, 300};
  const Projection projection = FitProjection(rows, 5);
  EXPECT_EQ(projection.num_directions, projection.num_short + 5);
  std::vector<float> of_few_dimensions = values;
  for (std::size_t i = 0; i < values.size(); i += 300) of_few_dimensions[i] *= 1000;
  const Projection few = FitProjection({of_few_dimensions.data(), 60, 300}, 5);
  EXPECT_EQ(few.num_short, kLeafSizes.short_directions);
  EXPECT_EQ(few.num_directions, few.num_short + 5);
}

}  // namespace
}  // namespace touchstone
