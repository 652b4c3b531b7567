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

/// Which of 32 rows, in whole-number codes, may be near each query row (codes.h):
/// bit j of masks[i] says whether starts[j] + sum_d queries_i[d] * block_j[d] >= thresholds[i].
/// queries [rows x depth], block: depth / 4 times [32 x 4], starts [32], thresholds [rows], masks [rows];
/// depth is a multiple of 4, queries are within [-63, 63] and block values within [0, 254].
void ScanBlock(const std::int8_t* queries, std::size_t rows, std::size_t depth, const std::uint8_t* block,
               const std::int32_t* starts, const std::int32_t* thresholds, std::uint32_t* masks);

/// thresholds[i] = bases[i] - 1 - floor(((reaches[i] + error)^2 / 4) (1 + 1e-6)), reaches >= 0 or infinite.
void ScanThresholds(const float* reaches, float error, const std::int32_t* bases, std::size_t rows,
                    std::int32_t* thresholds);

/// One block of 32 gallery rows, as RefineBlock wants it (codes.h).
struct LongBlock {
  const std::uint8_t* codes;  ///< [32 x dims], as many rows as masks name
  const std::int32_t* norms;  ///< [32]
  const float* errors;        ///< [32]
  std::size_t dims;           ///< a multiple of 64
};

/// The same of up to 64 query rows.
struct LongQueries {
  const std::int8_t* codes;   ///< [rows x dims]
  const std::int32_t* bases;  ///< [rows]
  const float* reaches;       ///< [rows], in steps
  std::size_t rows;
};

/// A pair that the long codes let through.
struct RefinedPair {
  std::uint16_t pair;  ///< 32 * query row + block row
  float squared;       ///< ||u(a) - u(b)||^2
};

/// Tests (3) of codes.h on long codes for all pairs that the bits of masks [rows] name, in their order.
/// @param pairs  [64 * 32], where those that pass are written. @param num_tested is added to.
/// @return how many passed.
std::size_t RefineBlock(const LongQueries& queries, const LongBlock& block, const std::uint32_t* masks,
                        RefinedPair* pairs, std::uint64_t* num_tested);

/// Rounds columns of [depth x 32] coordinates to whole numbers: codes[d][j] = coordinates[d][j] * scale,
/// rounded to nearest and clamped to [-limit, limit]. Adds up for each column j the whole numbers, their
/// squares, and the squared differences to coordinates * scale.
struct RoundedColumns {
  std::int32_t sums[kKernelBlock];
  std::int32_t squares[kKernelBlock];
  float errors[kKernelBlock];
};
void RoundColumns(const float* coordinates, std::size_t depth, float scale, float limit, std::int8_t* codes,
                  RoundedColumns* columns);

/// touchstone::SquaredDistance (distance.h).
float SquaredDistanceKernel(const float* a, const float* b, std::size_t size);

}  // namespace touchstone
