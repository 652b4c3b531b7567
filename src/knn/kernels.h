#pragma once

#include <cstddef>
#include <cstdint>

namespace touchstone {

// The inner loops of the search, compiled once for each instruction set (Google Highway) and
// chosen at run time.

// Floats. A "block" is 32 columns: [depth x 32], row-major.
constexpr std::size_t kKernelBlock = 32;

/// out [rows x 32] = a [rows x depth] * block [depth x 32]; sums in chunks of 32 terms.
void MultiplyBlock(const float* a, std::size_t rows, std::size_t depth, const float* block, float* out);

/// Bit j of masks[i] says whether a_i . block_j - offsets[j] >= thresholds[i].
/// a [rows x depth], block [depth x 32], offsets [32], thresholds [rows], masks [rows].
void CompareBlock(const float* a, std::size_t rows, std::size_t depth, const float* block,
                  const float* offsets, const float* thresholds, std::uint32_t* masks);

/// touchstone::SquaredDistance (distance.h).
float SquaredDistanceKernel(const float* a, const float* b, std::size_t size);

/// What Blend and AddBlend (blend.h) are told.
struct BlendOf {
  const float* const* rows;  ///< 4 of them
  float fraction_x, fraction_y;
};

// Whole-number codes (codes.h). With u(b) + Z stored of gallery rows (Z = Codes::kZero), v of query rows,
// u(a) = f v, and p = sum_d v_d (u(b)_d + Z):
//
//   ||u(a) - u(b)||^2 = ||u(b)||^2 + f^2 ||v||^2 - 2 f (p - Z sum_d v_d) = ||u(b)||^2 + term - 2 f p
//
// which is at most r^2 exactly if p - ||u(b)||^2 / 2f >= base - r^2 / 2f, base = term / 2f.

constexpr std::size_t kTileQueries = 64;

/// At most 64 query rows.
struct QueryTile {
  std::size_t rows;
  std::size_t short_dims, long_dims;  ///< multiples of 4 and of 64
  int double_scale;                   ///< 2 f: 2 or 4
  int long_weight;                    ///< w of codes.h
  const std::int8_t* short_codes;     ///< [rows x short_dims]; CompareTiles reads 64 rows
  const std::int8_t* long_codes;      ///< [rows x long_dims]
  const std::int32_t* short_bases;    ///< base, rounded down
  const std::int32_t* long_terms;     ///< term of the long code, that of y_m with weight w
  const float* short_terms;           ///< term
  /// (d + e(a)) / s of the short code, at most kFarthest. Not a number: the query row has no pairs.
  const float* short_reaches;
  const float* long_reaches;  ///< (d + e(a)) / t of the long one, any size
};

constexpr std::size_t kLongStart = 48;  ///< Codes::long_start where there are leaves

/// No codes are farther from each other than this, in short steps.
constexpr float kFarthest = 4096;

/// Up to 16 leaves of 16 gallery rows that follow each other in Codes.
struct LeafGroup {
  std::size_t rows;                  ///< 1 .. 256
  const std::uint8_t* centre_codes;  ///< of a whole group; null in codes for tile registers
  const std::int32_t* centre_norms;
  const float* radii;
  const std::uint8_t* short_codes;
  const std::uint8_t* long_codes;
  const std::int32_t* short_norms;
  const std::int32_t* long_norms;
  const float* long_errors;
  float short_error;  ///< no less than that of any row
};

/// Pairs of a tile and a group that (3) of codes.h does not rule out.
struct CodePairs {
  static constexpr std::size_t kGroupRows = 256;
  static constexpr std::size_t kMost = kTileQueries * kGroupRows;
  std::size_t count;
  std::int32_t pairs[kMost + 16];  ///< 256 * row of the tile + place in the group
  float squared[kMost + 16];       ///< the left side of (3) squared, in long steps
};

/// What a filter looked at.
struct FilterCounts {
  std::uint64_t scanned = 0;  ///< pairs whose short codes were compared
  std::uint64_t refined = 0;  ///< pairs that passed them
};

/// Tests (3) for all pairs of a tile and a group: on leaves, if the codes have them, then on short codes,
/// then on long ones. The pairs that pass them all are written, in any order; counts are added to. Codes
/// without leaves need a TileRegisters (byte_tiles.h).
void FilterGroup(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs, FilterCounts* counts);

/// A row of whole numbers, and sums over it.
struct RoundedRow {
  std::int32_t sum;      ///< of the whole numbers
  std::int32_t squares;  ///< of their squares
  float error;           ///< of (values * scale, within the limits, - whole numbers)^2
  float squared_length;  ///< of values^2
};

/// Rounds values * scale to the nearest whole numbers within [-limit, limit].
/// values [size], whole [size].
RoundedRow RoundRow(const float* values, std::size_t size, float scale, float limit, std::int8_t* whole);

}  // namespace touchstone
