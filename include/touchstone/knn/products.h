#pragma once

#include <cstddef>

namespace touchstone {

constexpr std::size_t kProductMultiple = 16;  ///< columns come in so many

/// Products of rows with vectors: out[v * num_rows + r] = <row r, vector v>, float32 sums in 16 interleaved
/// partial sums without fused multiply-add, added up by halves: the same bits on every instruction set, and
/// for any number of vectors at a time. Rows are read once for all vectors.
/// @param rows     [num_rows x cols], cols a multiple of 16.
/// @param vectors  [num_vectors], vector v at v * stride.
void MultiplyRows(const float* rows, std::size_t num_rows, std::size_t cols, const float* vectors,
                  std::size_t num_vectors, std::size_t stride, float* out);

}  // namespace touchstone
