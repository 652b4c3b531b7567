#pragma once

#include <cstddef>
#include <cstdint>

namespace touchstone {

// The inner loops of the search, compiled once for each instruction set (Google Highway) and
// chosen at run time. A "block" is 32 columns: [depth x 32], row-major.
constexpr std::size_t kKernelBlock = 32;

/// out [rows x 32] = a [rows x depth] * block [depth x 32]; sums in chunks of 64 terms.
void MultiplyBlock(const float* a, std::size_t rows, std::size_t depth, const float* block, float* out);

/// Bit j of masks[i] says whether a_i . block_j - offsets[j] >= thresholds[i].
/// a [rows x depth], block [depth x 32], offsets [32], thresholds [rows], masks [rows].
void CompareBlock(const float* a, std::size_t rows, std::size_t depth, const float* block,
                  const float* offsets, const float* thresholds, std::uint32_t* masks);

/// touchstone::SquaredDistance (distance.h).
float SquaredDistanceKernel(const float* a, const float* b, std::size_t size);

}  // namespace touchstone
