#include <algorithm>

#include "resize_kernels.h"

namespace touchstone {
namespace {

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

std::uint8_t Rounded(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::min(255, sum >> kWeightBits));
}

void ResizeRow(const std::uint8_t* row, int channels, const ResizeFilter& filter, const FixedWeights& weights,
               std::uint8_t* out) {
  for (int i = 0; i < filter.num_outputs(); ++i) {
    const std::int32_t* weight = weights.whole.data() + static_cast<std::size_t>(i) * filter.stride;
    const std::uint8_t* first = row + static_cast<std::size_t>(filter.first[i]) * channels;
    for (int c = 0; c < channels; ++c) {
      std::int32_t sum = kHalf;
      for (int tap = 0; tap < filter.num_taps[i]; ++tap) sum += weight[tap] * first[tap * channels + c];
      *out++ = Rounded(sum);
    }
  }
}

void ResizeColumns(const ColumnTaps& taps, const FixedWeights& weights, std::uint8_t* out) {
  const std::int32_t* weight = weights.whole.data() + taps.weights_at;
  for (int x = 0; x < taps.num_bytes; ++x) {
    std::int32_t sum = kHalf;
    for (int tap = 0; tap < taps.num_taps; ++tap) {
      sum += weight[tap] * taps.rows[static_cast<std::size_t>(tap) * taps.num_bytes + x];
    }
    out[x] = Rounded(sum);
  }
}

}  // namespace

ResizeKernels PortableResizeKernels() { return {&ResizeRow, &ResizeColumns}; }

}  // namespace touchstone
