#pragma once

#include <cstddef>
#include <cstdint>

namespace touchstone {

/// Bytes behind a row that a filter may read (and ignore): four at a time are read where a pixel has three.
inline constexpr std::size_t kPngReadBeyond = 1;

/// Takes the filter off one row of 8-bit samples [PNG specification, section 9]:
///
///   row[i] += 0 | left | above | (left + above) / 2 | Paeth(left, above, corner)     modulo 256
///
/// where left and corner are `samples` bytes before row[i] and above[i], 0 outside.
/// @param filter   0 to 4.
/// @param samples  a pixel, 1 to 4.
/// @param above    [num_bytes] the row before, restored; zeros for the first.
using PngUnfilter = void (*)(int filter, std::size_t samples, const std::uint8_t* above,
                             std::size_t num_bytes, std::uint8_t* row);

void UnfilterPortably(int filter, std::size_t samples, const std::uint8_t* above, std::size_t num_bytes,
                      std::uint8_t* row);

/// Null on machines without SSE2; every x86-64 has it, so nothing is chosen at run time. Three and four
/// samples at once; leaves other kinds to UnfilterPortably.
PngUnfilter Sse2Unfilter();

}  // namespace touchstone
