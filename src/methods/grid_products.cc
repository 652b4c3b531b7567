#include "methods/grid_products.h"

#include <algorithm>
#include <cmath>

namespace touchstone {

float CentredProduct(const float* a, const float* b, const float* centre, std::size_t size) {
  constexpr std::size_t kSums = 8;  // side by side, for vector instructions
  float sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t s = 0; s < kSums; ++s)
      sums[s] += (a[i + s] - centre[i + s]) * (b[i + s] - centre[i + s]);
  }
  for (; i < size; ++i) sums[0] += (a[i] - centre[i]) * (b[i] - centre[i]);
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum;
}

GridProducts::GridProducts(const float* values, FeatureShape shape, const float* centre)
    : shape_(shape),
      right_(shape.num_locations()),
      down_(shape.num_locations()),
      falling_(shape.num_locations()),
      rising_(shape.num_locations()) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto dot = [&](std::size_t a, std::size_t b) {
    return CentredProduct(values + a * channels, values + b * channels, centre, channels);
  };
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      const std::size_t here = At(x, y), right = At(x + 1, y), down = At(x, y + 1);
      right_[here] = dot(here, right);
      down_[here] = dot(here, down);
      falling_[here] = dot(here, At(x + 1, y + 1));
      rising_[here] = dot(right, down);
    }
  }
}

double GridProducts::SquaredLength(int x, int y, double fraction_x, double fraction_y,
                                   const std::vector<double>& squared_lengths) const {
  const double x0 = 1 - fraction_x, x1 = fraction_x, y0 = 1 - fraction_y, y1 = fraction_y;
  const std::size_t above = At(x, y), above_right = At(x + 1, y);
  const std::size_t below = At(x, y + 1), below_right = At(x + 1, y + 1);
  // of the upper two, of the lower two, and of an upper with a lower one
  const double upper =
      x0 * x0 * squared_lengths[above] + x1 * x1 * squared_lengths[above_right] + 2 * x0 * x1 * right_[above];
  const double lower =
      x0 * x0 * squared_lengths[below] + x1 * x1 * squared_lengths[below_right] + 2 * x0 * x1 * right_[below];
  const double both = x0 * x0 * down_[above] + x1 * x1 * down_[above_right] +
                      x0 * x1 * (static_cast<double>(falling_[above]) + rising_[above]);
  const double sum = y0 * y0 * upper + y1 * y1 * lower + 2 * y0 * y1 * both;
  return std::max(0.0, sum);
}

std::size_t GridProducts::At(int x, int y) const {
  return static_cast<std::size_t>(std::min(y, shape_.height - 1)) * static_cast<std::size_t>(shape_.width) +
         static_cast<std::size_t>(std::min(x, shape_.width - 1));
}

}  // namespace touchstone
