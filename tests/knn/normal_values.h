#pragma once

#include <random>
#include <vector>

namespace touchstone {

/// `count` values of a normal distribution.
inline std::vector<float> NormalValues(std::size_t count, unsigned seed, float scale = 1, float offset = 0) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = offset + scale * normal(generator);
  return values;
}

}  // namespace touchstone
