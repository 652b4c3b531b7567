#pragma once

#include <cstddef>
#include <cstdint>

namespace touchstone {

/// Distances of one row to several: out[i] = SquaredDistance(a, rows[i], size) to the last bit, faster.
/// @param rows  [count] pointers. @param size  a multiple of 32.
void DistancesToRows(const float* a, const float* const* rows, std::size_t count, std::size_t size,
                     float* out);

constexpr std::size_t kSketchSize = 32;   ///< numbers of a sketch
constexpr std::size_t kSketchBlock = 16;  ///< sketches of a block

/// Which of 16 sketches are near: bit j of masks[i] says whether the squared distance of sketches[i] and
/// sketch j of the block, computed in float, is at most reaches[i].
/// @param sketches  [count x 32]. @param block  [32 x 16], number d of sketch j at d * 16 + j.
void FindNearSketches(const float* sketches, std::size_t count, const float* block, const float* reaches,
                      std::uint16_t* masks);

}  // namespace touchstone
