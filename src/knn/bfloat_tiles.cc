#include "knn/bfloat_tiles.h"

#include <cstring>
#include <stdexcept>

#include "knn/byte_tiles.h"
#include "touchstone/core/round_up.h"

#ifdef TOUCHSTONE_HAS_TILES
#include <immintrin.h>
#endif

namespace touchstone {
namespace {

constexpr std::size_t kSide = 16;                                        // rows of a register
constexpr std::size_t kRegisterRow = 2 * sizeof(std::uint16_t) * kSide;  // bytes

}  // namespace

void ToBfloat(const float* values, std::size_t count, std::uint16_t* out, float* rounded) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof bits);
    bits += 0x7FFF + (bits >> 16 & 1);
    bits &= (bits & kExponent) == 0 ? 0 : 0xFFFF0000;
    out[i] = static_cast<std::uint16_t>(bits >> 16);
    std::memcpy(rounded + i, &bits, sizeof bits);
  }
}

BfloatRows::BfloatRows(std::size_t num_rows, std::size_t num_channels)
    : rows_(RoundUp(num_rows, kTileSide)),
      channels_(RoundUp(num_channels, kTileChannels)),
      values_(rows_ * channels_) {}

void BfloatRows::Set(std::size_t r, const std::uint16_t* row) {
  std::uint16_t* out = values_.data() + r / kSide * kSide * channels_ + r % kSide * 2;
  for (std::size_t c = 0; c < channels_; c += 2) {
    std::memcpy(out + c / 2 * kSide * 2, row + c, 2 * sizeof *row);
  }
}

#ifdef TOUCHSTONE_HAS_TILES

// Registers 0 to 3 hold the sums of 32 query rows with 32 others, 4 and 5 query rows, 6 and 7 the others.
__attribute__((target("amx-tile,amx-bf16"))) void MultiplyTiles(const std::uint16_t* query,
                                                                std::size_t num_queries,
                                                                const BfloatRows& rows, float* out) {
  if (num_queries % kTileSide != 0) throw std::logic_error("MultiplyTiles: query rows are not filled up");
  CheckTileRegisters();
  const std::size_t channels = rows.channels(), row_bytes = channels * sizeof *query;
  const std::size_t out_bytes = rows.rows() * sizeof *out;
  for (std::size_t q = 0; q < num_queries; q += kTileSide) {
    for (std::size_t r = 0; r < rows.rows(); r += kTileSide) {
      const std::uint16_t *of_query = query + q * channels, *of_rows = rows.data() + r * channels;
      __asm__ volatile("" : : : "memory");  // GCC's loads of tiles do not say that they read memory
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (std::size_t c = 0; c < channels; c += kTileChannels) {
        _tile_loadd(4, of_query + c, row_bytes);
        _tile_loadd(6, of_rows + c * kSide, kRegisterRow);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, of_rows + (channels + c) * kSide, kRegisterRow);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, of_query + kSide * channels + c, row_bytes);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
      float* sums = out + q * rows.rows() + r;
      _tile_stored(0, sums, out_bytes);
      _tile_stored(1, sums + kSide, out_bytes);
      _tile_stored(2, sums + kSide * rows.rows(), out_bytes);
      _tile_stored(3, sums + kSide * rows.rows() + kSide, out_bytes);
      __asm__ volatile("" : : : "memory");
    }
  }
}

#else

void MultiplyTiles(const std::uint16_t*, std::size_t, const BfloatRows&, float*) { CheckTileRegisters(); }

#endif

}  // namespace touchstone
