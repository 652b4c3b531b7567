#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/knn/blocks.h"
#include "touchstone/knn/projection.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Rows as they are but for the centre, in float32: for data on which codes tell too little. The
/// squared distance then follows from a product up to its rounding, a chain of C additions:
///
///     ||a - b||^2  >=  computed - slack (||a'||^2 + ||b'||^2) - 2 kLeast,   slack = 8 (C + 8) u        (4)
///
/// Rows that fill up the last block have NaN as offset, so that no comparison lets them through.
struct WholeRows {
  static constexpr std::size_t kBlock = RowBlocks::kBlock;
  /// More than is lost of C products and sums that leave float32's normal numbers.
  static constexpr double kLeast = 1e-30;
  RowBlocks blocks;            ///< x', centred
  std::vector<float> offsets;  ///< (||x'||^2 - slack ||x'||^2) / 2 - kLeast of each row
};

/// The slack of (4).
double WholeRowsSlack(std::size_t num_channels);

/// @throws Error kNotFinite like Encode (codes.h). On this thread alone; O(G * C).
WholeRows MakeWholeRows(const Projection& projection, const RowSource& rows);

}  // namespace touchstone
