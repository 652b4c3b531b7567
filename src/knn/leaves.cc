#include "knn/leaves.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include "touchstone/knn/codes.h"

namespace touchstone {
namespace {

constexpr std::size_t kSample = 128;  // rows that a direction is found with: so many to twice as many, or all
constexpr int kIterations = 3;

using Row = std::array<float, kSplitDims>;

class Splitter {
 public:
  explicit Splitter(std::vector<float> values)
      : values_(std::move(values)),
        products_(values_.size() / kSplitDims),
        keys_(values_.size() / kSplitDims) {}

  void Split(std::uint32_t* rows, std::size_t count) {
    if (count <= Codes::kLeaf) return;
    const std::size_t half = (count / Codes::kLeaf + 1) / 2 * Codes::kLeaf;
    const RowsToSplit all{values_.data(), rows, count, std::max<std::size_t>(1, count / kSample)};
    ProductsAlong(all, Direction(all).data(), products_.data());
    for (std::size_t i = 0; i < count; ++i) keys_[i] = Key(products_[i], rows[i]);
    const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(half), end);
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(keys_[i]);
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

  // The coordinate of most variance to start with, then from the mean of one side to that of the other. The
  // threshold between them is the mean's own product.
  static Row Direction(const RowsToSplit& rows) {
    const auto count = static_cast<float>((rows.count + rows.step - 1) / rows.step);
    Row sums, squares, direction{};
    SumRows(rows, sums.data(), squares.data());
    direction[MostVariance(sums, squares, count)] = 1;
    for (int iteration = 0; iteration < kIterations; ++iteration) {
      float threshold = 0;
      for (std::size_t d = 0; d < kSplitDims; ++d) threshold += sums[d] / count * direction[d];
      Row beyond;
      const auto above = static_cast<float>(SumRowsBeyond(rows, direction.data(), threshold, beyond.data()));
      if (above == 0 || above == count) break;  // all alike
      for (std::size_t d = 0; d < kSplitDims; ++d) {
        direction[d] = beyond[d] / above - (sums[d] - beyond[d]) / (count - above);
      }
    }
    return direction;
  }

  static std::size_t MostVariance(const Row& sums, const Row& squares, float count) {
    Row variances;
    for (std::size_t d = 0; d < kSplitDims; ++d) variances[d] = squares[d] - sums[d] / count * sums[d];
    return static_cast<std::size_t>(std::max_element(variances.begin(), variances.end()) - variances.begin());
  }

  std::vector<float> values_;
  std::vector<float> products_;
  std::vector<std::uint64_t> keys_;
};

}  // namespace

std::vector<std::uint32_t> SplitIntoLeaves(const Coordinates& coordinates, std::size_t dims) {
  if (dims > kSplitDims) throw std::logic_error("SplitIntoLeaves: too many coordinates");
  std::vector<float> values(coordinates.rows * kSplitDims);
  for (std::size_t row = 0; row < coordinates.rows; ++row) {
    std::copy_n(coordinates.values.data() + row * coordinates.dims, dims, values.data() + row * kSplitDims);
  }
  std::vector<std::uint32_t> order(coordinates.rows);
  std::iota(order.begin(), order.end(), 0U);
  Splitter(std::move(values)).Split(order.data(), order.size());
  return order;
}

}  // namespace touchstone
