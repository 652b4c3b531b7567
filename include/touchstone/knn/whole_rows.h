#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/knn/projection.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Rows as they are but for the centre, in float32: for data on which codes tell too little. The
/// squared distance then follows from a product up to its rounding, a chain of C additions:
///
///     ||a - b||^2  >=  computed - slack ||a'||^2 - slack ||b'||^2,   slack = 8 (C + 8) u       (4)
///
/// In blocks of 32 rows: value c of row r at [((r / 32) * C + c) * 32 + r % 32]. Rows beyond the last are
/// zero, with NaN as offset, so that no comparison lets them through.
struct WholeRows {
  static constexpr std::size_t kBlock = 32;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;   ///< [ceil(rows / 32) * C * 32]
  std::vector<float> offsets;  ///< (||x'||^2 - slack ||x'||^2) / 2 of each row
};

/// @throws Error kNotFinite like Encode (codes.h). On this thread alone; O(G * C).
WholeRows MakeWholeRows(const Projection& projection, const RowSource& rows);

/// A cache line of a block is written at once.
constexpr std::size_t kTurnedAtOnce = 16;

/// One block of 32 rows, centred and turned: out [C x 32]; missing rows are zero.
/// @param first  row of the block. @param centre [C]. @param scratch [kTurnedAtOnce x C].
void CentreAndTurn(const RowSource& rows, std::size_t first, const float* centre, float* scratch, float* out);

/// Adds the squared length of each of the 32 columns of a [depth x 32] block, in double.
void AddSquaredLengths(const float* block, std::size_t depth, double* lengths);

}  // namespace touchstone
