#pragma once

#include <cstdint>

#include "resize_filter.h"

namespace touchstone {

/// The two inner loops of the 8-bit resize:
///
///   out = min(255, (2^21 + sum over taps of weight * value) / 2^22, rounded down)
///
/// Sums of integers, so every kernel gives the same bytes.

/// Bytes behind the last value of its input that a kernel may read (and ignore).
inline constexpr int kReadBeyond = 16;

/// One row: reads interleaved pixels of `channels` <= 4 values, writes filter.num_outputs() pixels.
/// Reads up to kReadBeyond bytes behind the last tap.
using HorizontalKernel = void (*)(const std::uint8_t* row, int channels, const ResizeFilter& filter,
                                  const FixedWeights& weights, std::uint8_t* out);

/// Output `output` of every column: `rows` is the row of the first tap, each `num_bytes` long, a
/// multiple of 16, one behind the other; one more row than taps may be read.
struct ColumnTaps {
  const std::uint8_t* rows = nullptr;
  int num_bytes = 0;
  int num_taps = 0;
  std::size_t weights_at = 0;  ///< index of the first weight
};
using VerticalKernel = void (*)(const ColumnTaps& taps, const FixedWeights& weights, std::uint8_t* out);

struct ResizeKernels {
  HorizontalKernel horizontal = nullptr;
  VerticalKernel vertical = nullptr;
};

ResizeKernels PortableResizeKernels();
/// Null on machines without SSE2; every x86-64 has it, so nothing is chosen at run time.
ResizeKernels Sse2ResizeKernels();

}  // namespace touchstone
