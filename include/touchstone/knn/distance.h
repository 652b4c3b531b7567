#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "touchstone/knn/rows.h"

namespace touchstone {

/// ||a - b||^2 as a direct sum of squared differences, in float32. Summed in 16 interleaved
/// partial sums without fused multiply-add, then pairwise: the same bits on every instruction set.
/// @param a, b  [size]
float SquaredDistance(const float* a, const float* b, std::size_t size);

/// One of the nearest rows: its row number and squared distance.
struct Neighbor {
  std::size_t row = 0;
  float squared_distance = 0;
};

/// The k rows nearest to `query`, nearest first, ties to the lowest row.
/// @param query  [cols]
/// @throws Error kOption if k is outside [1, rows]. Time O(rows * cols), on this thread alone.
std::vector<Neighbor> NearestRows(const float* query, RowsView rows, std::size_t k);

/// The instruction set the kernels run on, such as "AVX3"; TOUCHSTONE_CPU=baseline|avx2|avx512|avx512vnni|amx
/// in the environment lowers it (for tests; results are the same on all).
std::string KernelTarget();

}  // namespace touchstone
