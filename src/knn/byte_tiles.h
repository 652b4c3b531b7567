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

/// Sets up this thread's tile registers, each for 16 rows of 64 bytes, as long as it lives: that costs more
/// than comparing a thousand pairs. Others may live within it, on the same thread.
class TileRegisters {
 public:
  /// @param wanted  if not, nothing is set up. Only where UseByteTiles() (cpu_choice.h).
  explicit TileRegisters(bool wanted);
  ~TileRegisters();
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;

 private:
  [[maybe_unused]] bool wanted_;
};

/// @throws std::logic_error unless a TileRegisters that is wanted lives on this thread.
void CheckTileRegisters();

/// Blocks of 16 query rows and a leaf that have pairs within reach of each other.
struct TileHits {
  static constexpr std::size_t kSide = 16;
  static constexpr std::size_t kMost = CodePairs::kMost / (kSide * kSide);
  std::size_t count = 0;
  std::uint8_t blocks[kMost];          ///< 4 * leaf + the first of the query rows / 16
  std::uint16_t masks[kMost * kSide];  ///< bit b of masks[16 h + a]: row a and row b of block h
};

/// Finds the pairs with p - ||u(b)||^2 / 2 > thresholds[a], row a of the tile and row b of the group (p as in
/// kernels.h, f = 1). Only where a TileRegisters lives that is wanted.
/// @param tile        short_dims = kTileDims, double_scale = 2; 64 rows of its short codes can be read, and
///                    of the group's codes and norms all 16 of each leaf. Fastest where codes begin at a
///                    multiple of 64 bytes.
/// @param thresholds  [64], kNoPairs beyond the tile's rows.
void CompareTiles(const QueryTile& tile, const LeafGroup& group, const std::int32_t* thresholds,
                  TileHits* hits);

}  // namespace touchstone
