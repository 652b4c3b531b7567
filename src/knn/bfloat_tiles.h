#pragma once

#include <cstddef>
#include <cstdint>

#include "touchstone/core/memory.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

// Products of rows in bfloat16, the upper half of a float32, by the CPU's tile registers (AMX): 16 rows with
// 16 others over 32 channels in one instruction, and as many in a clock as float32 takes sixteen for.

constexpr std::size_t kTileSide = 32;      ///< rows on either side that are multiplied at a time
constexpr std::size_t kTileChannels = 32;  ///< channels of one instruction

/// To the nearest bfloat16, of two as near the even one; to zero what is no normal number, as the
/// instruction does. @param values  finite, below 1e38. @param rounded  in float32, beside the bfloat16.
void ToBfloat(const float* values, std::size_t count, std::uint16_t* out, float* rounded);

/// Rows turned for the instruction: value c of row r, both filled up with zeros to a multiple of 32, at
///
///     [(((r / 16) * (C / 32) + c / 32) * 16 + c % 32 / 2) * 32 + r % 16 * 2 + c % 2]
class BfloatRows {
 public:
  BfloatRows(std::size_t num_rows, std::size_t num_channels);
  /// @param row  [channels()] in bfloat16.
  void Set(std::size_t r, const std::uint16_t* row);
  std::size_t rows() const { return rows_; }          ///< filled up
  std::size_t channels() const { return channels_; }  ///< filled up
  const std::uint16_t* data() const { return values_.data(); }

 private:
  std::size_t rows_, channels_;
  AlignedVector<std::uint16_t> values_;
};

/// out[q * rows.rows() + r] = sum_c query[q][c] rows[r][c], in float32: C roundings, products that are no
/// normal numbers being zero. Only where a TileRegisters (byte_tiles.h) lives that is wanted, and
/// UseBfloatTiles() (cpu_choice.h). On this thread alone.
/// @param query  [num_queries x rows.channels()] in bfloat16; num_queries a multiple of 32.
/// @param out    [num_queries x rows.rows()]
void MultiplyTiles(const std::uint16_t* query, std::size_t num_queries, const BfloatRows& rows, float* out);

}  // namespace touchstone
