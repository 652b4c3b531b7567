#include "touchstone/methods/fusion.h"

#include <algorithm>
#include <stdexcept>

#include "touchstone/knn/blend.h"

namespace touchstone {

std::vector<FusedRows::Tap> FusedRows::Taps(int in, int out) {
  std::vector<Tap> taps(out);
  for (int i = 0; i < out; ++i) {
    const double position = std::max(0.0, (i + 0.5) * in / out - 0.5);
    const int low = std::min(static_cast<int>(position), in - 1);
    taps[i] = {low, std::min(low + 1, in - 1), static_cast<float>(position - low)};
  }
  return taps;
}

FusedRows::FusedRows(const std::vector<FeatureMap>& levels) {
  if (levels.empty()) throw std::logic_error("FusedRows: no levels");
  grid_ = {levels[0].shape.height, levels[0].shape.width, 0};
  for (const FeatureMap& level : levels) {
    grid_.channels += level.shape.channels;
    levels_.push_back({level.values.data(), level.shape, Taps(level.shape.width, grid_.width),
                       Taps(level.shape.height, grid_.height)});
  }
}

const float* FusedRows::Row(std::size_t r, std::size_t num_levels, float* scratch) const {
  const std::size_t x = r % grid_.width, y = r / grid_.width;
  float* out = scratch;
  for (std::size_t l = 0; l < num_levels; ++l) {
    const Level& level = levels_[l];
    const int channels = level.shape.channels;
    const Tap& tx = level.xs[x];
    const Tap& ty = level.ys[y];
    const auto at = [&](int row, int column) {
      return level.values + (static_cast<std::size_t>(row) * level.shape.width + column) * channels;
    };
    if (tx.fraction == 0 && ty.fraction == 0) {
      std::copy_n(at(ty.low, tx.low), channels, out);
    } else {
      Blend({at(ty.low, tx.low), at(ty.low, tx.high), at(ty.high, tx.low), at(ty.high, tx.high)}, tx.fraction,
            ty.fraction, static_cast<std::size_t>(channels), out);
    }
    out += channels;
  }
  return scratch;
}

FeatureMap FuseLevels(const std::vector<FeatureMap>& levels) {
  const FusedRows rows(levels);
  FeatureMap fused;
  fused.shape = {levels[0].shape.height, levels[0].shape.width, static_cast<int>(rows.cols())};
  fused.values.resize(fused.shape.num_values());
  for (std::size_t r = 0; r < rows.rows(); ++r) rows.Row(r, fused.row(r));
  return fused;
}

}  // namespace touchstone
