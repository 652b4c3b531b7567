#include "knn/byte_tiles.h"

#include <stdexcept>

#ifdef TOUCHSTONE_HAS_TILES
#include <immintrin.h>
#endif

namespace touchstone {

#ifdef TOUCHSTONE_HAS_TILES

namespace {

thread_local int num_wanted = 0;  // TileRegisters of this thread

#define TOUCHSTONE_TILES __attribute__((target("amx-tile,amx-int8,avx512f,avx512bw")))

constexpr std::size_t kSide = TileHits::kSide;   // rows of a register: query rows, gallery rows or four bytes
constexpr std::size_t kRowBytes = 64;            // of a register's row
constexpr std::size_t kHalfQueries = 2 * kSide;  // query rows that stay in registers

struct alignas(64) TileShapes {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {kRowBytes, kRowBytes, kRowBytes, kRowBytes,
                                 kRowBytes, kRowBytes, kRowBytes, kRowBytes};
  std::uint8_t rows[16] = {kSide, kSide, kSide, kSide, kSide, kSide, kSide, kSide};
};

// Of 16 query rows and a leaf: [query row x gallery row].
struct alignas(64) Sums {
  std::int32_t values[kSide * kSide];
};

// All lanes, named to spare GCC 12 a warning of the plain form.
constexpr __mmask16 kAll = 0xFFFF;

TOUCHSTONE_TILES inline __m512i Larger(__m512i a, __m512i b) { return _mm512_maskz_max_epi32(kAll, a, b); }

TOUCHSTONE_TILES inline __m512i Half(__m512i a) { return _mm512_maskz_srai_epi32(kAll, a, 1); }

// Whether any query row's sum exceeds the limit of its gallery row.
TOUCHSTONE_TILES inline bool AnyExceeds(const Sums& sums, __m512i limits) {
  const auto row = [&](std::size_t a) TOUCHSTONE_TILES { return _mm512_load_si512(sums.values + a * kSide); };
  __m512i most[4] = {row(0), row(1), row(2), row(3)};
#pragma GCC unroll 12
  for (std::size_t a = 4; a < kSide; ++a) most[a % 4] = Larger(most[a % 4], row(a));
  const __m512i of_all = Larger(Larger(most[0], most[1]), Larger(most[2], most[3]));
  return _mm512_cmpgt_epi32_mask(of_all, limits) != 0;
}

TOUCHSTONE_TILES __attribute__((noinline)) void AddHit(const Sums& sums, __m512i limits, std::size_t block,
                                                       TileHits* hits) {
  hits->blocks[hits->count] = static_cast<std::uint8_t>(block);
  std::uint16_t* masks = hits->masks + hits->count * kSide;
#pragma GCC unroll 16
  for (std::size_t a = 0; a < kSide; ++a) {
    masks[a] = _mm512_cmpgt_epi32_mask(_mm512_load_si512(sums.values + a * kSide), limits);
  }
  ++hits->count;
}

// Half of the query rows with a leaf at a time, the first half with all leaves, then the second.
struct Step {
  std::size_t half, leaf;
  Step(std::size_t step, std::size_t num_leaves)
      : half(step < num_leaves ? 0 : 1), leaf(step < num_leaves ? step : step - num_leaves) {}
};

TOUCHSTONE_TILES void SetUp() {
  static constexpr TileShapes kShapes;
  _tile_loadconfig(&kShapes);
}

TOUCHSTONE_TILES void Release() { _tile_release(); }

}  // namespace

TileRegisters::TileRegisters(bool wanted) : wanted_(wanted) {
  if (wanted_ && num_wanted++ == 0) SetUp();
}

TileRegisters::~TileRegisters() {
  if (wanted_ && --num_wanted == 0) Release();
}

void CheckTileRegisters() {
  if (num_wanted == 0) throw std::logic_error("tile registers are used where no TileRegisters lives");
}

// Registers 4 to 7 hold query rows, 2 and 3 a leaf, 0 and 1 the sums, which begin with -thresholds. While
// those of one step are multiplied, those of the step before are compared.
TOUCHSTONE_TILES void CompareTiles(const QueryTile& tile, const LeafGroup& group,
                                   const std::int32_t* thresholds, TileHits* hits) {
  if (tile.short_dims != kTileDims || tile.double_scale != 2) {
    throw std::logic_error("CompareTiles: codes of another kind");
  }
  CheckTileRegisters();
  hits->count = 0;
  const std::size_t num_leaves = (group.rows + kSide - 1) / kSide, num_steps = 2 * num_leaves;
  Sums starts[kTileQueries / kSide], sums[2][2];
  for (std::size_t a = 0; a < kTileQueries; ++a) {
    _mm512_store_si512(starts[0].values + a * kSide, _mm512_set1_epi32(-thresholds[a]));
  }
  __asm__ volatile("" : : "r"(starts) : "memory");  // GCC's loads of tiles do not say that they read memory
  for (std::size_t i = 0; i <= num_steps; ++i) {
    const bool multiplies = i < num_steps;
    const bool compares = i > 0;
    const Step step(i, num_leaves), before(compares ? i - 1 : 0, num_leaves);
    Sums* made = sums[i % 2];
    const Sums* made_before = sums[(i + 1) % 2];
    if (multiplies && step.leaf == 0) {
      const std::int8_t* queries = tile.short_codes + step.half * kHalfQueries * kTileDims;
      _tile_loadd(4, queries, kTileDims);
      _tile_loadd(5, queries + kRowBytes, kTileDims);
      _tile_loadd(6, queries + kSide * kTileDims, kTileDims);
      _tile_loadd(7, queries + kSide * kTileDims + kRowBytes, kTileDims);
    }
    if (multiplies) {
      const std::uint8_t* rows = group.short_codes + step.leaf * kSide * kTileDims;
      _tile_loadd(2, rows, kRowBytes);
      _tile_loadd(0, starts[step.half * 2].values, kRowBytes);
      _tile_dpbsud(0, 4, 2);
      _tile_loadd(1, starts[step.half * 2 + 1].values, kRowBytes);
      _tile_dpbsud(1, 6, 2);
      _tile_loadd(3, rows + kSide * kRowBytes, kRowBytes);
      _tile_dpbsud(0, 5, 3);
      _tile_dpbsud(1, 7, 3);
    }
    const __m512i limits = Half(_mm512_loadu_si512(group.short_norms + before.leaf * kSide));
    const bool first_has_hits = compares && AnyExceeds(made_before[0], limits);
    if (multiplies) _tile_stored(0, made[0].values, kRowBytes);
    const bool second_has_hits = compares && AnyExceeds(made_before[1], limits);
    if (multiplies) _tile_stored(1, made[1].values, kRowBytes);
    const std::size_t block = before.leaf * 4 + before.half * 2;
    if (first_has_hits) AddHit(made_before[0], limits, block, hits);
    if (second_has_hits) AddHit(made_before[1], limits, block + 1, hits);
  }
}

#else

TileRegisters::TileRegisters(bool wanted) : wanted_(wanted) {
  if (wanted) throw std::logic_error("TileRegisters: this CPU has no tile registers");
}

TileRegisters::~TileRegisters() = default;

void CheckTileRegisters() { throw std::logic_error("tile registers are used on a CPU without them"); }

void CompareTiles(const QueryTile&, const LeafGroup&, const std::int32_t*, TileHits*) {
  CheckTileRegisters();
}

#endif

}  // namespace touchstone
