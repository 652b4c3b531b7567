#include "knn/bfloat_tiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "knn/byte_tiles.h"
#include "knn/cpu_choice.h"
#include "knn/no_tiles.h"
#include "knn/normal_values.h"

namespace touchstone {
namespace {

// The float32 of a bfloat16.
float Value(std::uint16_t bfloat) {
  const std::uint32_t bits = std::uint32_t{bfloat} << 16;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float Rounded(float value) {
  std::uint16_t bfloat = 0;
  float rounded = 0;
  ToBfloat(&value, 1, &bfloat, &rounded);
  EXPECT_EQ(Value(bfloat), rounded);
  return rounded;
}

TEST(ToBfloat, GivesTheNearestAndOfTwoTheEven) {
  EXPECT_EQ(Rounded(1), 1);
  EXPECT_EQ(Rounded(-2.5F), -2.5F);
  const float step = 1.0F / 128;  // between bfloat16 numbers from 1 to 2
  EXPECT_EQ(Rounded(1 + 0.49F * step), 1);
  EXPECT_EQ(Rounded(1 + 0.51F * step), 1 + step);
  EXPECT_EQ(Rounded(1 + 0.5F * step), 1);
  EXPECT_EQ(Rounded(1 + 1.5F * step), 1 + 2 * step);
  EXPECT_EQ(Rounded(-1 - 1.5F * step), -1 - 2 * step);
  for (const float value : NormalValues(1000, 1)) {
    EXPECT_LE(std::abs(Rounded(value) - value), std::abs(value) / 256) << value;
  }
}

TEST(ToBfloat, GivesZeroOfWhatIsNoNormalNumber) {
  const float least = std::numeric_limits<float>::min();
  EXPECT_EQ(Rounded(least), least);
  EXPECT_EQ(Rounded(least / 2), 0);
  EXPECT_EQ(Rounded(-least / 4), 0);
  EXPECT_EQ(Rounded(0), 0);
}

TEST(MultiplyTiles, GivesTheProductsOfAPlainLoop) {
  if (!UseBfloatTiles()) GTEST_SKIP() << kNoTiles;
  for (const std::size_t num_rows : {1, 15, 17, 32, 33, 100}) {
    for (const std::size_t num_channels : {1, 31, 32, 33, 200}) {
      for (const std::size_t num_queries : {32, 64, 96}) {
        BfloatRows rows(num_rows, num_channels);
        ASSERT_EQ(rows.channels() % 32, 0U);
        const std::size_t channels = rows.channels();
        std::vector<float> scratch(channels);
        std::vector<std::uint16_t> of_rows(rows.rows() * channels), queries(num_queries * channels);
        for (std::size_t r = 0; r < num_rows; ++r) {
          ToBfloat(NormalValues(num_channels, static_cast<unsigned>(r)).data(), num_channels,
                   of_rows.data() + r * channels, scratch.data());
          rows.Set(r, of_rows.data() + r * channels);
        }
        for (std::size_t q = 0; q < num_queries; ++q) {
          ToBfloat(NormalValues(num_channels, static_cast<unsigned>(1000 + q)).data(), num_channels,
                   queries.data() + q * channels, scratch.data());
        }
        std::vector<float> products(num_queries * rows.rows(), -1);
        {
          const TileRegisters registers(true);
          MultiplyTiles(queries.data(), num_queries, rows, products.data());
        }
        for (std::size_t q = 0; q < num_queries; ++q) {
          for (std::size_t r = 0; r < rows.rows(); ++r) {
            double sum = 0, most = 0;
            for (std::size_t c = 0; c < channels; ++c) {
              const double product =
                  static_cast<double>(Value(queries[q * channels + c])) * Value(of_rows[r * channels + c]);
              sum += product;
              most += std::abs(product);
            }
            const double allowed = static_cast<double>(channels) * std::ldexp(1.0, -24) * most;
            EXPECT_LE(std::abs(static_cast<double>(products[q * rows.rows() + r]) - sum), allowed)
                << num_rows << " rows of " << num_channels << ", query " << q << ", row " << r;
          }
        }
      }
    }
  }
}

TEST(MultiplyTiles, RefusesWhatItCannotMultiply) {
  const BfloatRows rows(1, 1);
  std::vector<std::uint16_t> query(64 * 32);
  std::vector<float> products(64 * 32);
  EXPECT_THROW(MultiplyTiles(query.data(), 32, rows, products.data()), std::logic_error);
  if (!UseBfloatTiles()) return;
  const TileRegisters registers(true);
  EXPECT_THROW(MultiplyTiles(query.data(), 33, rows, products.data()), std::logic_error);
}

}  // namespace
}  // namespace touchstone
