#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/knn/rows.h"

namespace touchstone {

/// Rows turned for products: in blocks of 32 with value c of row r at [((r / 32) * cols + c) * 32 + r % 32].
/// Rows beyond the last are zero.
struct RowBlocks {
  static constexpr std::size_t kBlock = 32;
  std::size_t rows = 0, cols = 0;
  std::vector<float> values;  ///< [ceil(rows / 32) * cols * 32]
  std::size_t num_blocks() const { return (rows + kBlock - 1) / kBlock; }
};

/// @param centre  [cols], subtracted from each row.
RowBlocks MakeRowBlocks(const RowSource& rows, const float* centre);

/// All products of rows with rows in blocks: <row r, block row b> is put at
///
///     out[((b / 32) * rows.rows + r) * 32 + b % 32]
///
/// in float32, in chunks of 32 terms: off by at most (34 + C / 32) u sum_c |row_c block_row_c|, u = 2^-24.
/// @param out  [num_blocks * rows.rows * 32]. On this thread alone.
void MultiplyBlocks(RowsView rows, const RowBlocks& blocks, float* out);

}  // namespace touchstone
