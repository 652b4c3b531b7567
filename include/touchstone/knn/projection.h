#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/knn/rows.h"

namespace touchstone {

/// An orthonormal set of directions and a centre: what the codes of codes.h are made with.
///
/// For x' = x - centre let y_m = B_m x' be its coordinates along the first m directions and
/// r_m = sqrt(||x'||^2 - ||y_m||^2) the length of what they leave out. Then z_m(x) = (y_m, r_m) obeys
///
///     ||z_m(a) - z_m(b)||  <=  ||a - b||                                                      (1)
///
/// since B^T y and the rests are orthogonal (Pythagoras) and two rests differ by at least the difference
/// of their lengths (triangle inequality). Any orthonormal B gives a valid bound; the leading principal
/// directions of the data, the one of most variance first, make it tight.
struct Projection {
  std::size_t num_channels = 0;    ///< C
  std::size_t num_directions = 0;  ///< M <= C, of the long code
  std::size_t num_short = 0;       ///< m <= M, of the short code: the first ones
  std::vector<float> directions;   ///< B, [M x C] row-major, by falling variance of the sample
  std::vector<float> centre;       ///< [C], the sample's mean
  float short_rest = 0;            ///< the sample's mean of r_m, taken off every r_m
  float long_rest = 0;             ///< the same of r_M
  float step = 1;                  ///< of the whole numbers that z is rounded to; > 0

  /// How far the computed z may be from the true one, as a share of ||x'||. With u = 2^-24 and sums in
  /// chunks of 64, y is off by at most eta ||x'||, eta = (72 + C/64 + M) u (sqrt(M) + 4): rounding of the
  /// product, and B's own rounding (B B^T differs from I by at most 3 sqrt(M) u).
  double rounding() const;
};

/// How codes are sized: the short one is compared with every pair, the long one with what it lets
/// through. With the rests they fill 48 and 128 bytes; on EfficientNet-Lite0's features of hazelnut two per
/// cent of all pairs pass such a short code (search_bench prints the shares, `refined` and `measured`).
constexpr std::size_t kMostShortDirections = 47;
constexpr std::size_t kMostLongDirections = 127;

/// Fits a projection to a sample of rows by subspace iteration (deterministic, fixed start).
/// @param sample [S x C], S >= 1. Few or constant rows are fine: the directions are orthonormal all the
/// same. @throws Error kOption if the sample is empty.
Projection FitProjection(RowsView sample);

}  // namespace touchstone
