#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/core/feature_map.h"

namespace touchstone {

/// <a - centre, b - centre> in float32, 8 partial sums. All [size].
float CentredProduct(const float* a, const float* b, const float* centre, std::size_t size);

/// Squared lengths of rows interpolated on a grid, from products of the rows that they are interpolated from:
///
///     ||sum_i w_i x_i||^2 = sum_ij w_i w_j <x_i, x_j>
class GridProducts {
 public:
  /// @param values  [H x W x C], rows of the grid. @param centre  [C], subtracted from each.
  GridProducts(const float* values, FeatureShape shape, const float* centre);

  /// The row at (x + fraction_x, y + fraction_y), clamped at the right and lower edge.
  /// @param squared_lengths  [H x W] of the grid's rows, centred.
  double SquaredLength(int x, int y, double fraction_x, double fraction_y,
                       const std::vector<double>& squared_lengths) const;

  /// The grid's row at (x, y): beyond the edge is the edge.
  std::size_t At(int x, int y) const;

 private:
  FeatureShape shape_;
  std::vector<float> right_, down_;      // of a row with its neighbour
  std::vector<float> falling_, rising_;  // the two diagonals of the cell to the right and below
};

}  // namespace touchstone
