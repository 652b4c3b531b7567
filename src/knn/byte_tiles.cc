#include "knn/byte_tiles.h"

#include <stdexcept>

#ifdef TOUCHSTONE_HAS_TILES
#include <immintrin.h>
#endif

namespace touchstone {

#ifdef TOUCHSTONE_HAS_TILES

namespace {

#define TOUCHSTONE_TILES __attribute__((target("amx-tile,amx-int8,avx512f,avx512bw")))

constexpr std::size_t kSide = 16;      // rows of a register: query rows, gallery rows or four bytes of these
constexpr std::size_t kRowBytes = 64;  // of a register's row
constexpr std::size_t kLeaves = 16;

struct alignas(64) TileShapes {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {kRowBytes, kRowBytes, kRowBytes, kRowBytes,
                                 kRowBytes, kRowBytes, kRowBytes, kRowBytes};
  std::uint8_t rows[16] = {kSide, kSide, kSide, kSide, kSide, kSide, kSide, kSide};
};

struct alignas(64) Sums {
  std::int32_t values[kSide * kSide];  // [query row x gallery row]
};

// The masks of 16 query rows and 16 gallery rows. What is packed to bytes keeps its sign.
TOUCHSTONE_TILES inline void CompareSums(const Sums& sums, const std::int32_t* thresholds,
                                         std::uint16_t* masks) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kSide; i += 4) {
    const auto missing = [&](std::size_t row) TOUCHSTONE_TILES {
      return _mm512_sub_epi32(_mm512_set1_epi32(thresholds[i + row]),
                              _mm512_load_si512(sums.values + (i + row) * kSide));
    };
    const __m512i of_four = _mm512_packs_epi16(_mm512_packs_epi32(missing(0), missing(1)),
                                               _mm512_packs_epi32(missing(2), missing(3)));
    const std::uint64_t negative = _mm512_movepi8_mask(of_four);
    __builtin_memcpy(masks + i, &negative, sizeof(negative));
  }
}

// 32 query rows against all leaves. Registers 4 to 7 hold the query rows, 2 and 3 a leaf, 0 and 1 the sums;
// while one leaf is multiplied, those of the leaf before are compared.
// @param starts  [16 x 16] what is added to the products of each gallery row.
TOUCHSTONE_TILES void CompareHalf(const std::int8_t* queries, const std::uint8_t* codes,
                                  std::size_t num_leaves, const std::int32_t* starts,
                                  const std::int32_t* thresholds, std::uint16_t* masks) {
  Sums sums[2][2];
  _tile_loadd(4, queries, kTileDims);
  _tile_loadd(5, queries + kRowBytes, kTileDims);
  _tile_loadd(6, queries + kSide * kTileDims, kTileDims);
  _tile_loadd(7, queries + kSide * kTileDims + kRowBytes, kTileDims);
  for (std::size_t leaf = 0; leaf <= num_leaves; ++leaf) {
    Sums* made = sums[leaf % 2];
    const Sums* before = sums[(leaf + 1) % 2];
    std::uint16_t* masks_before = leaf > 0 ? masks + (leaf - 1) * kTileQueries : nullptr;
    if (leaf < num_leaves) {
      const std::uint8_t* rows = codes + leaf * kSide * kTileDims;
      _tile_loadd(2, rows, kRowBytes);
      _tile_loadd(3, rows + kSide * kRowBytes, kRowBytes);
      _tile_loadd(0, starts + leaf * kSide, 0);
      _tile_loadd(1, starts + leaf * kSide, 0);
      _tile_dpbsud(0, 4, 2);
      _tile_dpbsud(1, 6, 2);
      _tile_dpbsud(0, 5, 3);
      _tile_dpbsud(1, 7, 3);
    }
    if (leaf > 0) CompareSums(before[0], thresholds, masks_before);
    if (leaf < num_leaves) _tile_stored(0, made[0].values, kRowBytes);
    if (leaf > 0) CompareSums(before[1], thresholds + kSide, masks_before + kSide);
    if (leaf < num_leaves) _tile_stored(1, made[1].values, kRowBytes);
  }
}

}  // namespace

TOUCHSTONE_TILES void CompareTiles(const QueryTile& tile, const LeafGroup& group,
                                   const std::int32_t* thresholds, std::uint16_t* masks) {
  if (tile.short_dims != kTileDims || tile.double_scale != 2) {
    throw std::logic_error("CompareTiles: codes of another kind");
  }
  const std::size_t num_leaves = (group.rows + kSide - 1) / kSide;
  alignas(64) std::int32_t starts[kLeaves * kSide];
  for (std::size_t i = 0; i < num_leaves * kSide; ++i) starts[i] = -(group.short_norms[i] >> 1);
  __asm__ volatile("" : : "r"(starts) : "memory");  // GCC's loads of tiles do not say that they read memory
  static constexpr TileShapes kShapes;
  _tile_loadconfig(&kShapes);
  for (std::size_t first = 0; first < kTileQueries; first += 2 * kSide) {
    CompareHalf(tile.short_codes + first * kTileDims, group.short_codes, num_leaves, starts,
                thresholds + first, masks + first);
  }
  _tile_release();
}

#else

void CompareTiles(const QueryTile&, const LeafGroup&, const std::int32_t*, std::uint16_t*) {
  throw std::logic_error("CompareTiles: this CPU has no tile registers");
}

#endif

}  // namespace touchstone
