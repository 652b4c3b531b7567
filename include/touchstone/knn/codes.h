#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/core/memory.h"
#include "touchstone/knn/projection.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Whole-number codes of rows, for lower bounds of distances that cost little.
///
/// Let z(x) be coordinates with (1) of projection.h, each cut off at 126 steps s: that brings no two rows
/// farther apart. Let s u(x) be z(x) rounded to whole steps, and e(x) = ||z(x) - s u(x)||. By the triangle
/// inequality
///
///     ||a - b||  >=  ||z(a) - z(b)||  >=  ||s u(a) - s u(b)|| - e(a) - e(b)                     (2)
///
/// so that a pair whose distance is at most d has
///
///     ||s u(a) - s u(b)||  <=  d + e(a) + e(b)                                                 (3)
///
/// The left side is exact integer arithmetic; e is computed for each row, rounding of z included
/// (Projection::rounding), so (3) holds whatever the data. It is tested three times, each time on what is
/// left:
///
///   leaves  rows that are like each other stand together, 16 to a leaf. With c the leaf's centre in whole
///           numbers and R = max (||u(b) - c|| + e(b) / s) over its rows, (3) for any of them implies
///           ||u(a) - c|| <= d / s + e(a) / s + R.
///   short   z = (y_m, r_m), of each row of the leaves that are left.
///           Codes for tile registers (Projection::for_tiles) are all compared: there are no leaves, rows
///           stand as they come.
///   long    z = (y_M, r_M): the y_m of the short code, and the other coordinates and r_M with a finer step
///           of their own, t = s / sqrt(w) (they are smaller): in long steps, the left side of (3) squared is
///           w ||u(y_m(a)) - u(y_m(b))||^2 + that of the others.
///
/// Below, lengths of short codes are counted in short steps, of long codes in long ones.
struct Codes {
  static constexpr std::size_t kLeaf = 16;   ///< rows of a leaf
  static constexpr std::size_t kGroup = 16;  ///< leaves whose centres are compared at once
  static constexpr int kMost = 126;          ///< where values of u are cut off; even
  static constexpr int kZero = 128;          ///< what is added to u, so that it is stored unsigned

  std::size_t rows = 0;
  std::size_t short_dims = 0;  ///< m + 1, rounded up with zeros to a multiple of 4; 128 for tile registers
  std::size_t long_start = 0;  ///< where the others begin in a long code: 48, or 128 for tile registers
  std::size_t long_dims = 0;   ///< long_start + M - m + 1, rounded up to a multiple of 64

  /// The row at each place; places 16 l .. 16 l + 15 are leaf l. The last leaf may be cut short.
  std::vector<std::uint32_t> order;

  /// Leaf by leaf, four values of each of 16 rows after the other: value d of the row at place p is at
  /// [((p / 16) * dims + d / 4 * 4) * 16 + (p % 16) * 4 + d % 4].
  AlignedVector<std::uint8_t> short_codes;
  std::vector<std::int32_t> short_norms;  ///< ||u||^2 at each place, all leaves filled up to 16

  /// [places x long_dims] row by row: y_m, zeros up to long_start, the others, r_M, zeros.
  AlignedVector<std::uint8_t> long_codes;
  std::vector<std::int32_t> long_norms;  ///< ||u||^2, the y_m with weight w
  std::vector<float> long_errors;        ///< e of the long codes

  /// The centres, in the layout of short codes: 16 leaves take the place of 16 rows. None for tile registers.
  std::vector<std::uint8_t> centre_codes;
  std::vector<std::int32_t> centre_norms;
  std::vector<float> radii;         ///< R
  std::vector<float> short_errors;  ///< the largest e of the short codes in each group of 16 leaves

  std::size_t num_leaves() const { return (rows + kLeaf - 1) / kLeaf; }
  bool has_leaves() const { return !centre_codes.empty(); }
  std::size_t num_groups() const { return (num_leaves() + kGroup - 1) / kGroup; }
  std::size_t num_bytes() const;
};

/// The codes of `rows` under `projection`, all but leaves in parallel (core/parallel.h); O(G * C * M).
/// @throws Error kNotFinite if a row is not finite or its squared length reaches 1e36; std::logic_error for
/// codes for tile registers where this CPU has none.
Codes Encode(const Projection& projection, const RowSource& rows);

/// The same of query rows: v, where u = v or, where the CPU multiplies bytes in pairs and 8 bits would
/// overflow, u = 2 v with v within [-63, 63].
struct QueryCodes {
  std::size_t rows = 0, short_dims = 0, long_dims = 0;
  int double_scale = 2;  ///< 2 u / v: 2 or 4

  AlignedVector<std::int8_t> short_codes;  ///< [P x short_dims], and zeros up to a multiple of 64 rows
  AlignedVector<std::int8_t> long_codes;   ///< [P x long_dims], in the order of Codes
  /// What ||u||^2 and Codes::kZero add to the products (kernels.h says how).
  std::vector<std::int32_t> short_bases, long_terms;
  std::vector<float> short_terms;
  std::vector<float> short_errors;  ///< e
  std::vector<float> long_errors;
};

/// @throws like Encode.
QueryCodes EncodeQuery(const Projection& projection, const RowSource& query);

}  // namespace touchstone
