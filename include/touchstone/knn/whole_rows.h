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

/// The slack of (4).
double WholeRowsSlack(std::size_t num_channels);

/// @throws Error kNotFinite like Encode (codes.h). On this thread alone; O(G * C).
WholeRows MakeWholeRows(const Projection& projection, const RowSource& rows);

}  // namespace touchstone
