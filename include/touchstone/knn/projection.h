#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/knn/distance.h"

namespace touchstone {

/// An orthonormal set of m directions and a centre, for lower bounds of distances.
///
/// For x' = x - centre let y = B x' [m] and r = ||x' - B^T y|| (the length of what y leaves out). Then
///
///     ||a - b||^2  >=  ||y_a - y_b||^2 + (r_a - r_b)^2                                   (1)
///
/// since B^T y and the rests are orthogonal (Pythagoras) and two rests differ by at least the
/// difference of their lengths (triangle inequality). (y, r) is the CODE of x: m + 1 numbers whose
/// plain squared distance bounds the true one. Any orthonormal B gives a valid bound; the leading
/// principal directions of the data make it tight.
///
/// Rounding. With u = 2^-24, n = 64 + C/64 + m (the longest chain of float additions: sums run in
/// chunks of 64) and S = ||a'|| + ||b'||, the computed code obeys, to first order:
///   - y is off by at most n u sqrt(m) ||x'||, so the rest w = x' - B^T y, which is computed from
///     that same y, has ||B w|| <= eta ||x'||; B B^T differs from I by at most 3 sqrt(m) u. Expanding
///     ||a' - b'||^2 = ||B^T dy + dw||^2, both together cost at most 3 eta S^2;
///   - r is off by at most eta ||x'||, which moves (r_a - r_b)^2 by at most 4 eta S^2;
///   - evaluating the left side as a product of codes costs at most eta S^2;
/// where eta = (n + 8) u (sqrt(m) + 4) < 0.01. So, with S^2 <= 2 (||a'||^2 + ||b'||^2),
///
///     ||a - b||^2  >=  computed(1) - slack ||a'||^2 - slack ||b'||^2,   slack = 16 eta   (2)
struct Projection {
  std::size_t num_channels = 0;    ///< C
  std::size_t num_directions = 0;  ///< m <= C
  std::vector<float> directions;   ///< B, [m x C] row-major
  std::vector<float> centre;       ///< [C]

  /// The factor of (2).
  float slack() const;
};

/// The codes of a set of rows, in blocks of 32 rows, dimension-major within a block: value d of row
/// r is at [((r / 32) * dims + d) * 32 + r % 32]. Rows beyond the last are zero, with NaN as
/// offset, so that no comparison lets them through.
struct Codes {
  static constexpr std::size_t kBlock = 32;
  std::size_t rows = 0;
  std::size_t dims = 0;        ///< m + 1: y, then r
  std::vector<float> values;   ///< [ceil(rows / 32) * dims * 32]
  std::vector<float> offsets;  ///< (||code||^2 - slack ||x'||^2) / 2 of each row, [ceil(rows / 32) * 32]
  std::size_t num_bytes() const { return (values.size() + offsets.size()) * sizeof(float); }
};

/// Fits a projection to a sample of rows by subspace iteration (about the leading principal
/// directions; deterministic, fixed start). @param sample [S x C], S >= 1. Few or constant rows are
/// fine: the directions are orthonormal all the same.
Projection FitProjection(RowsView sample, std::size_t num_directions);

/// How many directions pay off for C channels: the bound costs m operations a pair, a pair that
/// survives it C. min(C, a multiple of 8 near 4 sqrt(C)), found by measurement (tests/bench).
std::size_t DefaultNumDirections(std::size_t num_channels);

/// The codes of `rows` [G x C] under `projection`. On this thread alone; O(G * C * m).
/// @throws Error kNotFinite if a row is not finite or its squared length reaches 1e36.
Codes Encode(const Projection& projection, RowsView rows);

/// The codes under the complete projection B = I: y = x', r is left out (dims = C). The bound is then
/// the distance itself, up to rounding: for data on which a short code tells too little. Only the
/// product can round (a chain of C additions), so here slack = 8 (C + 8) u.
/// @throws like Encode. On this thread alone; O(G * C).
Codes EncodeWhole(const Projection& projection, RowsView rows);

}  // namespace touchstone
