#include "touchstone/knn/codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

using Fill = std::function<float(std::mt19937&)>;

float Uniform(std::mt19937& generator) { return static_cast<float>(generator()) / 4294967296.0F; }

std::vector<float> Values(std::size_t count, const Fill& fill, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) value = fill(generator);
  return values;
}

int ShortValue(const Codes& codes, std::size_t row, std::size_t d) {
  const std::size_t block = row / Codes::kBlock * Codes::kBlock * codes.short_dims;
  return codes.short_codes[block + d / 4 * 4 * Codes::kBlock + row % Codes::kBlock * 4 + d % 4] -
         Codes::kZero;
}

int LongValue(const Codes& codes, std::size_t row, std::size_t d) {
  return codes.long_codes[row * codes.long_dims + d] - Codes::kZero;
}

double Distance(const float* a, const float* b, std::size_t channels) {
  double squared = 0;
  for (std::size_t c = 0; c < channels; ++c) squared += std::pow(static_cast<double>(a[c]) - b[c], 2);
  return std::sqrt(squared);
}

// (3) of codes.h, for every pair of a query and a gallery row.
void ExpectBoundsHold(std::size_t channels, const Fill& fill_gallery, const Fill& fill_query,
                      const std::string& what) {
  constexpr std::size_t kRows = 70, kQueries = 33;
  const std::vector<float> gallery = Values(kRows * channels, fill_gallery, 1);
  const std::vector<float> query = Values(kQueries * channels, fill_query, 2);
  const RowsView rows{gallery.data(), kRows, channels};
  const Projection projection = FitProjection(rows);
  const Codes codes = Encode(projection, MatrixRows(rows));
  const QueryCodes queries = EncodeQuery(projection, {query.data(), kQueries, channels});
  for (std::size_t q = 0; q < kQueries; ++q) {
    for (std::size_t g = 0; g < kRows; ++g) {
      double short_squared = 0, long_squared = 0;
      for (std::size_t d = 0; d < codes.short_dims; ++d) {
        short_squared +=
            std::pow(2 * queries.short_codes[q * codes.short_dims + d] - ShortValue(codes, g, d), 2);
      }
      for (std::size_t d = 0; d < codes.long_dims; ++d) {
        long_squared += std::pow(2 * queries.long_codes[q * codes.long_dims + d] - LongValue(codes, g, d), 2);
      }
      const double distance = Distance(query.data() + q * channels, rows.row(g), channels) / projection.step;
      ASSERT_LE(std::sqrt(short_squared),
                distance + queries.short_errors[q] + codes.block_errors[g / Codes::kBlock])
          << what << ", " << channels << " channels";
      ASSERT_LE(std::sqrt(long_squared), distance + queries.long_errors[q] + codes.long_errors[g])
          << what << ", " << channels << " channels";
    }
  }
}

TEST(Codes, BoundNeverExceedsTheTrueDistance) {
  for (const std::size_t channels : {1, 3, 24, 47, 48, 127, 128, 176, 448}) {
    ExpectBoundsHold(channels, Uniform, Uniform, "uniform");
    ExpectBoundsHold(
        channels, Uniform, [](std::mt19937& g) { return 50 * Uniform(g) - 20; }, "far queries");
    ExpectBoundsHold(
        channels, [](std::mt19937&) { return 7.0F; }, Uniform, "all rows equal");
    ExpectBoundsHold(
        channels, [](std::mt19937& g) { return g() % 50 == 0 ? 1e6F * Uniform(g) : Uniform(g); }, Uniform,
        "few giant values");
    ExpectBoundsHold(
        channels, [](std::mt19937& g) { return 1e4F + Uniform(g); },
        [](std::mt19937& g) { return 1e4F + Uniform(g); }, "large common offset");
    ExpectBoundsHold(
        channels, [](std::mt19937& g) { return std::ldexp(Uniform(g), -60); },
        [](std::mt19937& g) { return std::ldexp(Uniform(g), -60); }, "tiny values");
  }
}

// Without this a code of nothing but a large error would pass the test above.
TEST(Codes, BoundIsTightWhereTheDataHasFewDimensions) {
  constexpr std::size_t kChannels = 100, kRows = 64;
  std::mt19937 generator(3);
  std::vector<float> values(kRows * kChannels);
  for (std::size_t r = 0; r < kRows; ++r) {
    const float a = Uniform(generator), b = Uniform(generator);
    for (std::size_t c = 0; c < kChannels; ++c) {
      values[r * kChannels + c] = a * static_cast<float>(c % 5) + b * static_cast<float>(c % 7);
    }
  }
  const RowsView rows{values.data(), kRows, kChannels};
  const Projection projection = FitProjection(rows);
  const Codes codes = Encode(projection, MatrixRows(rows));
  const QueryCodes queries = EncodeQuery(projection, rows);
  double bounds = 0, distances = 0;
  for (std::size_t q = 0; q < kRows; ++q) {
    for (std::size_t g = 0; g < kRows; ++g) {
      double squared = 0;
      for (std::size_t d = 0; d < codes.short_dims; ++d) {
        squared += std::pow(2 * queries.short_codes[q * codes.short_dims + d] - ShortValue(codes, g, d), 2);
      }
      const double bound =
          std::sqrt(squared) - queries.short_errors[q] - codes.block_errors[g / Codes::kBlock];
      bounds += std::max(0.0, bound) * projection.step;
      distances += Distance(rows.row(q), rows.row(g), kChannels);
    }
  }
  EXPECT_GT(bounds, 0.9 * distances);
}

TEST(Codes, SquaredNormsAreThoseOfTheCodes) {
  const std::vector<float> values = Values(45 * 60, Uniform, 5);
  const RowsView rows{values.data(), 45, 60};
  const Projection projection = FitProjection(rows);
  const Codes codes = Encode(projection, MatrixRows(rows));
  const QueryCodes queries = EncodeQuery(projection, rows);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    int short_norm = 0, long_norm = 0, base = 0;
    for (std::size_t d = 0; d < codes.short_dims; ++d) {
      short_norm += ShortValue(codes, r, d) * ShortValue(codes, r, d);
      const int v = queries.short_codes[r * codes.short_dims + d];
      EXPECT_LE(std::abs(v), 63);
      base += v * v + Codes::kZero * v;
    }
    for (std::size_t d = 0; d < codes.long_dims; ++d)
      long_norm += LongValue(codes, r, d) * LongValue(codes, r, d);
    EXPECT_EQ(codes.short_starts[r], -(short_norm / 4));
    EXPECT_EQ(codes.long_norms[r], long_norm);
    EXPECT_EQ(queries.short_bases[r], base);
  }
}

TEST(Codes, RefuseRowsThatAreNotFiniteOrTooLarge) {
  std::vector<float> values = Values(40 * 8, Uniform, 6);
  const RowsView rows{values.data(), 40, 8};
  const Projection projection = FitProjection(rows);
  for (const float bad : {std::nanf(""), INFINITY, 1e19F}) {
    std::vector<float> broken = values;
    broken[37 * 8 + 2] = bad;
    const RowsView view{broken.data(), 40, 8};
    EXPECT_THROW(Encode(projection, MatrixRows(view)), Error);
    EXPECT_THROW(EncodeQuery(projection, view), Error);
    EXPECT_THROW(MakeWholeRows(projection, MatrixRows(view)), Error);
  }
}

TEST(FitProjection, GivesOrthonormalDirectionsByFallingVariance) {
  for (const std::size_t channels : {1, 5, 60, 200}) {
    std::mt19937 generator(7);
    std::vector<float> values(300 * channels);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = Uniform(generator) / static_cast<float>(1 + i % channels);
    }
    const RowsView rows{values.data(), 300, channels};
    const Projection projection = FitProjection(rows);
    ASSERT_EQ(projection.num_directions, std::min(channels, kMostLongDirections));
    ASSERT_EQ(projection.num_short, std::min(channels, kMostShortDirections));
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
    for (std::size_t a = 1; a < variances.size(); ++a) EXPECT_LE(variances[a], variances[a - 1] * 1.001);
  }
}

TEST(FitProjection, TakesConstantAndFewRows) {
  const std::vector<float> values(3 * 60, 2.5F);
  for (const std::size_t count : {1, 3}) {
    const Projection projection = FitProjection({values.data(), count, 60});
    EXPECT_GT(projection.step, 0);
    EXPECT_EQ(projection.num_directions, 60u);
  }
  EXPECT_THROW(FitProjection({values.data(), 0, 60}), Error);
}

}  // namespace
}  // namespace touchstone
