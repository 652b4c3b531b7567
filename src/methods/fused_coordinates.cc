#include <algorithm>
#include <cmath>

#include "methods/grid_products.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/blend.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {
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
  ParallelFor(static_cast<std::size_t>(grid_.height), [&](std::size_t y) {
    const Tap& ty = level.ys[y];
    for (std::size_t x = 0; x < static_cast<std::size_t>(grid_.width); ++x) {
      const Tap& tx = level.xs[x];
      const std::size_t r = y * static_cast<std::size_t>(grid_.width) + x;
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
  });
}

}  // namespace touchstone
