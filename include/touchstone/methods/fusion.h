#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/knn/projection.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Levels brought to the grid of the first (finest) one, with their channels joined; one location at a time:
///
///     F(x, y) = [ level1(x, y), up(level2)(x, y), up(level3)(x, y) ]                 [SPADE, 3.4]
///
/// `up` is bilinear with half-pixel centres, clamped at the edges: location x of a grid of width W
/// reads at (x + 0.5) * w / W - 0.5 of a level of width w.
class FusedRows : public RowSource {
 public:
  /// @param levels  at least one, finest first; their values must outlive this (they may be moved).
  explicit FusedRows(const std::vector<FeatureMap>& levels);
  std::size_t rows() const override { return grid_.num_locations(); }
  std::size_t cols() const override { return static_cast<std::size_t>(grid_.channels); }
  /// F at location r = y * W + x. O(C).
  const float* Row(std::size_t r, float* scratch) const override { return Row(r, levels_.size(), scratch); }
  /// Its channels of the first `num_levels` levels alone.
  const float* Row(std::size_t r, std::size_t num_levels, float* scratch) const;
  /// Projects each level on its own grid and interpolates the coordinates, for both are linear: O(H_l W_l C_l
  /// M) for each level l, O(H1 W1 M) for the rest. In parallel (core/parallel.h).
  /// @throws Error kNotFinite like Project.
  Coordinates ProjectAll(const Projection& projection) const override;

  /// Where an output coordinate reads: in[low] * (1 - fraction) + in[high] * fraction.
  struct Tap {
    int low;
    int high;
    float fraction;
  };
  struct Level {
    const float* values;
    FeatureShape shape;
    std::vector<Tap> xs, ys;  ///< of each column and line of the finest grid
  };
  const std::vector<Level>& levels() const { return levels_; }

 private:
  static std::vector<Tap> Taps(int in, int out);
  // Adds what a level that has its own coordinates adds to those of F.
  void AddInterpolated(const Level& level, const Coordinates& own, const float* centre,
                       Coordinates* fused) const;

  FeatureShape grid_;  ///< the finest grid with all channels
  std::vector<Level> levels_;
};

/// All of F at once: [H1 x W1 x (C1 + C2 + ...)].  O(H1 * W1 * C); on this thread alone.
/// @param levels  as for FusedRows.
FeatureMap FuseLevels(const std::vector<FeatureMap>& levels);

}  // namespace touchstone
