#include "methods/grid_products.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace touchstone {
namespace {

std::vector<float> Numbers(std::size_t count) {
  std::mt19937 generator(static_cast<unsigned>(count));
  std::vector<float> numbers(count);
  for (float& number : numbers) number = static_cast<float>(generator()) / 4294967296.0F;
  return numbers;
}

TEST(CentredProduct, EqualsAPlainSum) {
  for (const std::size_t size : {1, 3, 7, 8, 9, 15, 16, 17, 33}) {
    const std::vector<float> a = Numbers(size), b = Numbers(size + 1), centre = Numbers(size + 2);
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      sum += (static_cast<double>(a[i]) - centre[i]) * (static_cast<double>(b[i]) - centre[i]);
    }
    EXPECT_NEAR(CentredProduct(a.data(), b.data(), centre.data(), size), sum,
                1e-6 * static_cast<double>(size));
  }
}

TEST(GridProducts, GiveTheSquaredLengthOfInterpolatedRows) {
  for (const FeatureShape shape : {FeatureShape{3, 4, 9}, {1, 1, 5}, {1, 6, 8}, {5, 1, 3}, {2, 2, 64}}) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    const std::vector<float> values = Numbers(shape.num_values()), centre = Numbers(channels);
    const GridProducts products(values.data(), shape, centre.data());
    std::vector<double> lengths;
    for (std::size_t r = 0; r < shape.num_locations(); ++r) {
      const float* row = values.data() + r * channels;
      lengths.push_back(CentredProduct(row, row, centre.data(), channels));
    }
    const auto value = [&](int x, int y, std::size_t c) {
      const int row = std::min(y, shape.height - 1) * shape.width + std::min(x, shape.width - 1);
      return static_cast<double>(values[static_cast<std::size_t>(row) * channels + c]) - centre[c];
    };
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) {
        for (const double fx : {0.0, 0.25, 0.875}) {
          for (const double fy : {0.0, 0.5, 0.9}) {
            double sum = 0;
            for (std::size_t c = 0; c < channels; ++c) {
              const double above = value(x, y, c) * (1 - fx) + value(x + 1, y, c) * fx;
              const double below = value(x, y + 1, c) * (1 - fx) + value(x + 1, y + 1, c) * fx;
              sum += std::pow(above * (1 - fy) + below * fy, 2);
            }
            EXPECT_NEAR(products.SquaredLength(x, y, fx, fy, lengths), sum, 1e-5 * (1 + sum))
                << shape.height << " x " << shape.width << " at " << x << ", " << y;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace touchstone
