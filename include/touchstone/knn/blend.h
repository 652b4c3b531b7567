#pragma once

#include <cstddef>

namespace touchstone {

/// Bilinear interpolation between four rows of equal size, value by value:
///
///     left = rows[0] + (rows[2] - rows[0]) fraction_y,   right = rows[1] + (rows[3] - rows[1]) fraction_y
///     out  = left + (right - left) fraction_x
///
/// Each operation is rounded by itself (no fused multiply-add): the same bits on every instruction set, and
/// equal rows give that very row.
/// @param rows  [size] each, left and right above, left and right below; may be the same. Not `out`.
/// @param out   [size]
void Blend(const float* const (&rows)[4], float fraction_x, float fraction_y, std::size_t size, float* out);

/// The same, added to `out`.
void AddBlend(const float* const (&rows)[4], float fraction_x, float fraction_y, std::size_t size,
              float* out);

}  // namespace touchstone
