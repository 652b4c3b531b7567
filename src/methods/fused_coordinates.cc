#include <algorithm>
#include <cmath>

#include "touchstone/knn/blend.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {
namespace {

float DotOf(const float* a, const float* b, const float* centre, std::size_t size) {
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

// Squared lengths of interpolated rows, from products of the rows that they are interpolated from:
// ||sum_i w_i x_i||^2 = sum_ij w_i w_j <x_i, x_j>.
class GridProducts {
 public:
  GridProducts(const float* values, FeatureShape shape, const float* centre)
      : shape_(shape),
        right_(shape.num_locations()),
        down_(shape.num_locations()),
        falling_(shape.num_locations()),
        rising_(shape.num_locations()) {
    const auto channels = static_cast<std::size_t>(shape.channels);
    const auto dot = [&](std::size_t a, std::size_t b) {
      return DotOf(values + a * channels, values + b * channels, centre, channels);
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

  /// The row at (x + fraction_x, y + fraction_y). @param squared_lengths  of the grid's rows.
  double SquaredLength(int x, int y, double fraction_x, double fraction_y,
                       const std::vector<double>& squared_lengths) const {
    const double wx[2] = {1 - fraction_x, fraction_x}, wy[2] = {1 - fraction_y, fraction_y};
    const std::size_t at[2][2] = {{At(x, y), At(x + 1, y)}, {At(x, y + 1), At(x + 1, y + 1)}};
    double sum = 0;
    for (int j = 0; j < 2; ++j) {
      for (int i = 0; i < 2; ++i) sum += std::pow(wx[i] * wy[j], 2) * squared_lengths[at[j][i]];
    }
    const double both_x = wx[0] * wx[1], both_y = wy[0] * wy[1];
    sum += 2 * both_x * (wy[0] * wy[0] * right_[at[0][0]] + wy[1] * wy[1] * right_[at[1][0]]);
    sum += 2 * both_y * (wx[0] * wx[0] * down_[at[0][0]] + wx[1] * wx[1] * down_[at[0][1]]);
    sum += 2 * both_x * both_y * (static_cast<double>(falling_[at[0][0]]) + rising_[at[0][0]]);
    return std::max(0.0, sum);
  }

  std::size_t At(int x, int y) const {  // beyond the edge is the edge
    return static_cast<std::size_t>(std::min(y, shape_.height - 1)) * shape_.width +
           std::min(x, shape_.width - 1);
  }

 private:
  FeatureShape shape_;
  std::vector<float> right_, down_;      // of a row with its neighbour
  std::vector<float> falling_, rising_;  // the two diagonals of the cell to the right and below
};

}  // namespace

Coordinates FusedRows::ProjectAll(const Projection& projection) const {
  std::size_t first_channel = 0;
  Coordinates fused;
  for (const Level& level : levels_) {
    const auto channels = static_cast<std::size_t>(level.shape.channels);
    Coordinates own = ProjectPart(projection, first_channel,
                                  MatrixRows({level.values, level.shape.num_locations(), channels}));
    if (first_channel == 0) {
      fused = std::move(own);
      for (float& scale : fused.scales) scale *= scale;
    } else {
      AddInterpolated(level, own, projection.centre.data() + first_channel, &fused);
    }
    first_channel += channels;
  }
  for (float& scale : fused.scales) scale = std::sqrt(scale) * 1.0001F;
  for (const double squared_length : fused.squared_lengths) CheckSquaredLength(squared_length);
  return fused;
}

void FusedRows::AddInterpolated(const Level& level, const Coordinates& own, const float* centre,
                                Coordinates* fused) const {
  const GridProducts products(level.values, level.shape, centre);
  for (int y = 0; y < grid_.height; ++y) {
    const Tap& ty = level.ys[y];
    for (int x = 0; x < grid_.width; ++x) {
      const Tap& tx = level.xs[x];
      const std::size_t r = static_cast<std::size_t>(y) * grid_.width + x;
      const auto at = [&](int row, int column) {
        return own.values.data() + products.At(column, row) * own.dims;
      };
      AddBlend({at(ty.low, tx.low), at(ty.low, tx.high), at(ty.high, tx.low), at(ty.high, tx.high)},
               tx.fraction, ty.fraction, own.dims, fused->values.data() + r * own.dims);
      fused->squared_lengths[r] +=
          products.SquaredLength(tx.low, ty.low, tx.fraction, ty.fraction, own.squared_lengths);
      float scale = 0;
      for (const int cy : {ty.low, ty.high}) {
        for (const int cx : {tx.low, tx.high}) scale = std::max(scale, own.scales[products.At(cx, cy)]);
      }
      fused->scales[r] += scale * scale;
    }
  }
}

}  // namespace touchstone
