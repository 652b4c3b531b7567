#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/knn/projection.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Whole-number codes of rows, for lower bounds of distances that cost little.
///
/// z_m(x) of projection.h is rounded to u(x), whole numbers times `step` s, clamped to [-127, 127]. With
/// e(x) = ||z_m(x) - s u(x)||, the triangle inequality and (1) of projection.h give
///
///     ||a - b||  >=  ||z_m(a) - z_m(b)||  >=  s ||u(a) - u(b)|| - e(a) - e(b)                  (2)
///
/// so a pair whose distance is at most d has
///
///     ||u(a) - u(b)||  <=  (d + e(a) + e(b)) / s                                               (3)
///
/// The left side is exact integer arithmetic; e is computed for each row, rounding of z included
/// (Projection::rounding), so (3) holds whatever the data: rows beyond the range of the sample only
/// get a larger e. A query's u are even, 2 v with v in [-63, 63]: the products then fit the integer
/// instructions of every CPU.
///
/// Each row has a short code, from its m first directions, and a long one from all M.
struct Codes {
  static constexpr std::size_t kBlock = 32;
  static constexpr int kZero = 127;  ///< what is added to u, so that it is stored unsigned
  std::size_t rows = 0;
  std::size_t short_dims = 0;  ///< m + 1, rounded up to a multiple of 4 with zeros
  std::size_t long_dims = 0;   ///< M + 1, rounded up to a multiple of 64 with zeros

  /// Short codes in blocks of 32 rows: value d of row r at
  /// [((r / 32) * short_dims + d / 4 * 4) * 32 + (r % 32) * 4 + d % 4]. Rows beyond the last are zero.
  std::vector<std::uint8_t> short_codes;
  std::vector<std::int32_t> short_starts;  ///< -floor(||u||^2 / 4) of each row; hopeless beyond the last
  std::vector<float> block_errors;         ///< the largest e / s of each block's short codes
  std::vector<std::uint8_t> long_codes;    ///< [rows x long_dims]
  std::vector<std::int32_t> long_norms;    ///< ||u||^2
  std::vector<float> long_errors;          ///< e / s

  std::size_t num_blocks() const { return block_errors.size(); }
  std::size_t num_bytes() const;
};

/// The codes of `rows` under `projection`. On this thread alone; O(G * C * M).
/// @throws Error kNotFinite if a row is not finite or its squared length reaches 1e36.
Codes Encode(const Projection& projection, const RowSource& rows);

/// The same of query rows: v, where u = 2 v.
struct QueryCodes {
  std::size_t short_dims = 0, long_dims = 0;
  std::vector<std::int8_t> short_codes;   ///< [P x short_dims]
  std::vector<std::int8_t> long_codes;    ///< [P x long_dims]
  std::vector<std::int32_t> short_bases;  ///< ||v||^2 + kZero * sum(v)
  std::vector<std::int32_t> long_bases;
  std::vector<float> short_errors;  ///< e / s
  std::vector<float> long_errors;
};

/// @throws like Encode.
QueryCodes EncodeQuery(const Projection& projection, RowsView query);

/// Rows as they are but for the centre, in float32: for data on which codes tell too little. The
/// squared distance then follows from a product up to its rounding, a chain of C additions:
///
///     ||a - b||^2  >=  computed - slack ||a'||^2 - slack ||b'||^2,   slack = 8 (C + 8) u       (4)
///
/// In blocks of 32 rows: value c of row r at [((r / 32) * C + c) * 32 + r % 32]. Rows beyond the last are
/// zero, with NaN as offset, so that no comparison lets them through.
struct WholeRows {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;   ///< [ceil(rows / 32) * C * 32]
  std::vector<float> offsets;  ///< (||x'||^2 - slack ||x'||^2) / 2 of each row
};

/// @throws like Encode. On this thread alone; O(G * C).
WholeRows MakeWholeRows(const Projection& projection, const RowSource& rows);

}  // namespace touchstone
