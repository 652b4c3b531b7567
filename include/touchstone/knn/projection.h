#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/knn/rows.h"

namespace touchstone {

/// An orthonormal set of directions and a centre: what the codes of codes.h are made with.
///
/// For x' = x - centre let y = B x' be its coordinates along all M directions, y_m those along the first m,
/// and r_m = sqrt(||x'||^2 - ||y_m||^2) the length of what those leave out. Then (y_m, r_m) obeys
///
///     ||y_m(a) - y_m(b)||^2 + (r_m(a) - r_m(b))^2  <=  ||a - b||^2                             (1)
///
/// since B^T y and the rests are orthogonal (Pythagoras) and two rests differ by at least the difference
/// of their lengths (triangle inequality). Any orthonormal B gives a valid bound; the leading principal
/// directions of the data make it tight.
///
/// The first m directions span the m of most variance, the others the next; within either set they are turned
/// at random, so that all coordinates vary alike and rounding them to whole numbers costs least (H. Jégou
/// et al., "Aggregating local descriptors into a compact image representation", CVPR 2010, section 4).
struct Projection {
  std::size_t num_channels = 0;    ///< C
  std::size_t num_directions = 0;  ///< M <= C
  std::size_t num_short = 0;       ///< m <= M
  bool for_tiles = false;          ///< codes are to be compared by tile registers
  std::vector<float> directions;   ///< B, [M x C] row-major
  std::vector<float> centre;       ///< [C], the sample's mean
  float short_rest = 0;            ///< the sample's mean of r_m, taken off every r_m
  float long_rest = 0;             ///< the same of r_M
  float short_step = 1;            ///< of the whole numbers that y_m and r_m are rounded to; > 0
  int long_weight = 1;             ///< squared short steps in long ones, 1 .. 64
  float long_step = 1;             ///< of the other coordinates and r_M: short_step / sqrt(long_weight)

  /// How far a computed y may be from the true one, as a share of the length of what was multiplied: at most
  /// eta = (56 + C / 32) u (sqrt(M) + 2), u = 2^-24. Each coordinate is a product with a vector of length 1
  /// in chunks of 32, so off by at most (34 + C / 32) u; the rest is for centring, for what y may be
  /// interpolated from, for its squared length, and for B's own rounding (B B^T differs from I by at most 3
  /// sqrt(M) u).
  double rounding() const;
};

/// How codes are sized: by how many directions at most. The short one is compared with every pair that leaves
/// (codes.h) do not rule out: with the rest 47 directions fill 48 bytes. The long one has up to 207
/// directions more and fills 256 bytes with them: networks differ in how many they need, and fewer let more
/// pairs through whose distances must then be computed. search_bench prints what share of all pairs each lets
/// through. Tile registers compare so fast that longer codes pay, and leaves do not.
struct CodeSizes {
  std::size_t short_directions;
  std::size_t more_directions;  ///< of the long code
  bool for_tiles;               ///< compared by tile registers
};
constexpr CodeSizes kLeafSizes{47, 207, false};
constexpr CodeSizes kTileSizes{127, 255, true};
CodeSizes CodeSizesOfThisCpu();  ///< kTileSizes where there are tile registers that we may use

/// Fits a projection to a sample of rows by subspace iteration (deterministic, fixed start).
/// @param sample [S x C], S >= 1. Few or constant rows are fine: the directions are orthonormal all the
/// same.
/// @param sizes  at most kLeafSizes, or kTileSizes where those of this CPU are (std::logic_error otherwise).
/// @throws Error kOption if the sample is empty.
Projection FitProjection(RowsView sample, const CodeSizes& sizes);

/// The same by sizes of this CPU, or by kLeafSizes where the variances v of the sample along its directions
/// are no more than those of 8 equal ones, (sum v)^2 <= 8 sum v^2: leaves then rule out so much that tile
/// registers are slower (so it was with 4, Wide-ResNet-50-2 with random weights; trained networks have more
/// than 8).
/// @param most_more_directions  of the long code: no more than these.
Projection FitProjection(RowsView sample, std::size_t most_more_directions = SIZE_MAX);

/// The coordinates of rows under a projection.
struct Coordinates {
  std::size_t rows = 0, dims = 0;       ///< dims = M
  std::vector<float> values;            ///< y, [rows x M]
  std::vector<double> squared_lengths;  ///< ||x'||^2 of each row
  /// At most how long what each row was multiplied from is: its y is off by at most rounding() times this.
  std::vector<float> scales;
};

/// Coordinates of rows, each by itself. In parallel (core/parallel.h); O(G * C * M).
/// @throws Error kNotFinite if a row is not finite or its squared length reaches 1e36.
Coordinates Project(const Projection& projection, const RowSource& rows);

/// The same of rows that hold the channels from `first_channel` on and no others: what those add to the
/// coordinates and squared lengths of whole rows.
Coordinates ProjectPart(const Projection& projection, std::size_t first_channel, const RowSource& rows);

/// Beyond this, sums of squares leave float32 and comparisons of bounds would mean nothing.
/// @throws Error kNotFinite unless squared_length < 1e36.
void CheckSquaredLength(double squared_length);

}  // namespace touchstone
