#include "knn/leaves.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "touchstone/knn/codes.h"

namespace touchstone {
namespace {

constexpr std::size_t kSample = 128;  // rows that a direction is found with
constexpr int kIterations = 3;

class Splitter {
 public:
  Splitter(const Coordinates& coordinates, std::size_t dims) : coordinates_(coordinates), dims_(dims) {}

  void Split(std::uint32_t* rows, std::size_t count) {
    if (count <= Codes::kLeaf) return;
    const std::size_t half = (count / Codes::kLeaf + 1) / 2 * Codes::kLeaf;
    const std::vector<float> direction = Direction(rows, count);
    std::vector<std::uint64_t> keys(count);
    for (std::size_t i = 0; i < count; ++i) keys[i] = Key(Along(direction, rows[i]), rows[i]);
    std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(half), keys.end());
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(keys[i]);
    Split(rows, half);
    Split(rows + half, count - half);
  }

 private:
  // Orders by value, then by row.
  static std::uint64_t Key(float value, std::uint32_t row) {
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    bits ^= (bits >> 31) != 0 ? 0xFFFFFFFFU : 0x80000000U;
    return std::uint64_t{bits} << 32 | row;
  }

  const float* Row(std::uint32_t row) const { return coordinates_.values.data() + row * coordinates_.dims; }

  float Along(const std::vector<float>& direction, std::uint32_t row) const {
    constexpr std::size_t kSums = 8;  // side by side, for vector instructions
    const float* values = Row(row);
    float sums[kSums] = {};
    std::size_t d = 0;
    for (; d + kSums <= dims_; d += kSums) {
      for (std::size_t s = 0; s < kSums; ++s) sums[s] += direction[d + s] * values[d + s];
    }
    for (; d < dims_; ++d) sums[0] += direction[d] * values[d];
    return std::accumulate(sums, sums + kSums, 0.0F);
  }

  // The coordinate of most variance to start with, then from the mean of one half to that of the other.
  std::vector<float> Direction(const std::uint32_t* rows, std::size_t count) const {
    const std::size_t step = std::max<std::size_t>(1, count / kSample);
    std::vector<std::uint32_t> sample;
    for (std::size_t i = 0; i < count; i += step) sample.push_back(rows[i]);
    std::vector<float> direction(dims_, 0.0F);
    direction[MostVariance(sample)] = 1;
    std::vector<std::uint64_t> keys(sample.size());
    for (int iteration = 0; iteration < kIterations; ++iteration) {
      for (std::size_t i = 0; i < sample.size(); ++i) keys[i] = Key(Along(direction, sample[i]), sample[i]);
      const std::size_t half = keys.size() / 2;
      std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(half), keys.end());
      std::vector<float> low(dims_, 0.0F), high(dims_, 0.0F);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        std::vector<float>& sum = i < half ? low : high;
        const float* values = Row(static_cast<std::uint32_t>(keys[i]));
        for (std::size_t d = 0; d < dims_; ++d) sum[d] += values[d];
      }
      for (std::size_t d = 0; d < dims_; ++d) {
        direction[d] = high[d] / static_cast<float>(keys.size() - half) - low[d] / static_cast<float>(half);
      }
    }
    return direction;
  }

  std::size_t MostVariance(const std::vector<std::uint32_t>& sample) const {
    std::vector<float> sums(dims_, 0.0F), squares(dims_, 0.0F);
    for (const std::uint32_t row : sample) {
      const float* values = Row(row);
      for (std::size_t d = 0; d < dims_; ++d) {
        sums[d] += values[d];
        squares[d] += values[d] * values[d];
      }
    }
    std::size_t most = 0;
    float variance = -1;
    for (std::size_t d = 0; d < dims_; ++d) {
      const float mean = sums[d] / static_cast<float>(sample.size());
      const float own = squares[d] / static_cast<float>(sample.size()) - mean * mean;
      if (own > variance) {
        variance = own;
        most = d;
      }
    }
    return most;
  }

  const Coordinates& coordinates_;
  std::size_t dims_;
};

}  // namespace

std::vector<std::uint32_t> SplitIntoLeaves(const Coordinates& coordinates, std::size_t dims) {
  std::vector<std::uint32_t> order(coordinates.rows);
  std::iota(order.begin(), order.end(), 0U);
  Splitter(coordinates, dims).Split(order.data(), order.size());
  return order;
}

}  // namespace touchstone
