#include "touchstone/knn/products.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace touchstone {
namespace {

// The order of additions that products.h promises.
float ProductReference(const float* row, const float* vector, std::size_t cols) {
  float partial[16] = {};
  for (std::size_t c = 0; c < cols; ++c) {
    const float product = row[c] * vector[c];
    partial[c % 16] += product;
  }
  for (std::size_t half = 8; half >= 4; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) partial[j] += partial[j + half];
  }
  return (partial[0] + partial[2]) + (partial[1] + partial[3]);
}

TEST(MultiplyRows, GivesTheBitsOfAPlainLoop) {
  std::mt19937 generator(1);
  const auto numbers = [&](std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(generator()) / 4294967296.0F - 0.4F;
    return values;
  };
  for (const std::size_t cols : {16, 32, 48, 560}) {
    for (const std::size_t num_rows : {1, 2, 16, 17}) {
      for (const std::size_t num_vectors : {1, 2, 3, 4, 5, 7, 8, 9, 16}) {
        const std::size_t stride = cols + 16;
        const std::vector<float> rows = numbers(num_rows * cols), vectors = numbers(num_vectors * stride);
        std::vector<float> out(num_vectors * num_rows);
        MultiplyRows(rows.data(), num_rows, cols, vectors.data(), num_vectors, stride, out.data());
        for (std::size_t v = 0; v < num_vectors; ++v) {
          for (std::size_t r = 0; r < num_rows; ++r) {
            ASSERT_EQ(out[v * num_rows + r],
                      ProductReference(rows.data() + r * cols, vectors.data() + v * stride, cols))
                << cols << " columns, row " << r << " of " << num_rows << ", vector " << v << " of "
                << num_vectors;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace touchstone
