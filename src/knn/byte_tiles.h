#pragma once

#include <cstddef>
#include <cstdint>

#include "knn/kernels.h"

// Whether this compiler knows the instructions.
#if defined(__x86_64__) && (__has_include(<amxtileintrin.h>) || __has_include(<amxintrin.h>))
#define TOUCHSTONE_HAS_TILES
#endif

namespace touchstone {

// Short codes compared by the CPU's tile registers (AMX), which multiply 16 rows of 64 bytes with 16 others
// in one instruction. All pairs are: that costs less than to ask which leaves can be left out, and so little
// that these short codes are long, and few pairs pass them.

constexpr std::size_t kTileDims = 128;      ///< bytes of such short codes
constexpr std::int32_t kNoPairs = 1 << 30;  ///< a threshold that no pair exceeds

/// Whether p - ||u(b)||^2 / 2 > thresholds[a] for row a of the tile and row b of the group (p as in
/// kernels.h, f = 1) is bit a % 4 * 4 + b % 4 of
///
///     masks[b / 16 * 64 + a / 4 * 4 + b % 16 / 4]
///
/// Only where UseByteTiles() (cpu_choice.h).
/// @param tile        short_dims = kTileDims, double_scale = 2; 64 rows of its short codes can be read, and
///                    of the group's codes and norms all 16 of each leaf. Fastest where codes begin at a
///                    multiple of 64 bytes.
/// @param thresholds  [64], kNoPairs beyond the tile's rows.
/// @param masks       [16 x 64]; of leaves beyond the last they are left as they were.
void CompareTiles(const QueryTile& tile, const LeafGroup& group, const std::int32_t* thresholds,
                  std::uint16_t* masks);

}  // namespace touchstone
