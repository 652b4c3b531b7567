#include "resize_kernels.h"

#if defined(__SSE2__)

#include <emmintrin.h>

#include <cstring>

namespace touchstone {
namespace {

// pmaddwd multiplies eight signed 16-bit pairs and adds neighbours: two taps for four values in
// one instruction. A weight has 23 bits, so it goes in as low + high * 2^15; values have 8 bits
// and all partial sums stay below 2^30.
struct PairSums {
  __m128i low = _mm_setzero_si128();
  __m128i high = _mm_setzero_si128();

  void Add(__m128i values, __m128i low_weights, __m128i high_weights) {
    low = _mm_add_epi32(low, _mm_madd_epi16(values, low_weights));
    high = _mm_add_epi32(high, _mm_madd_epi16(values, high_weights));
  }

  __m128i Rounded() const {
    const __m128i half = _mm_set1_epi32(1 << (kWeightBits - 1));
    const __m128i sum = _mm_add_epi32(_mm_slli_epi32(high, kLowWeightBits), _mm_add_epi32(low, half));
    return _mm_srai_epi32(sum, kWeightBits);
  }
};

// Two neighbouring weights, four times.
__m128i LoadWeightPair(const std::int16_t* weights) {
  std::int32_t pair = 0;
  std::memcpy(&pair, weights, sizeof(pair));
  return _mm_set1_epi32(pair);
}

__m128i LoadFourBytes(const std::uint8_t* bytes) {
  std::int32_t four = 0;
  std::memcpy(&four, bytes, sizeof(four));
  return _mm_cvtsi32_si128(four);
}

void ResizeRow(const std::uint8_t* row, int channels, const ResizeFilter& filter, const FixedWeights& weights,
               std::uint8_t* out) {
  const __m128i zero = _mm_setzero_si128();
  for (int i = 0; i < filter.num_outputs(); ++i, out += channels) {
    const std::size_t weights_at = static_cast<std::size_t>(i) * filter.stride;
    const std::uint8_t* pixel = row + static_cast<std::size_t>(filter.first[i]) * channels;
    PairSums sums;
    for (int tap = 0; tap < filter.num_taps[i]; tap += 2, pixel += 2 * channels) {
      // r0 r1 g0 g1 b0 b1 .. as 16-bit values; lanes above `channels` hold rubbish and are dropped.
      const __m128i bytes = _mm_unpacklo_epi8(LoadFourBytes(pixel), LoadFourBytes(pixel + channels));
      sums.Add(_mm_unpacklo_epi8(bytes, zero), LoadWeightPair(weights.low.data() + weights_at + tap),
               LoadWeightPair(weights.high.data() + weights_at + tap));
    }
    const __m128i words = _mm_packs_epi32(sums.Rounded(), zero);
    const std::int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(words, zero));
    std::memcpy(out, &four, static_cast<std::size_t>(channels));
  }
}

void ResizeSixteenColumns(const ColumnTaps& taps, const FixedWeights& weights, int x, std::uint8_t* out) {
  const __m128i zero = _mm_setzero_si128();
  const std::int16_t* low = weights.low.data() + taps.weights_at;
  const std::int16_t* high = weights.high.data() + taps.weights_at;
  const std::uint8_t* row = taps.rows + x;
  PairSums sums[4];
  for (int tap = 0; tap < taps.num_taps; tap += 2, row += 2 * static_cast<std::size_t>(taps.num_bytes)) {
    const __m128i upper = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row));
    const __m128i lower = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + taps.num_bytes));
    const __m128i first = _mm_unpacklo_epi8(upper, lower);
    const __m128i second = _mm_unpackhi_epi8(upper, lower);
    const __m128i low_pair = LoadWeightPair(low + tap);
    const __m128i high_pair = LoadWeightPair(high + tap);
    sums[0].Add(_mm_unpacklo_epi8(first, zero), low_pair, high_pair);
    sums[1].Add(_mm_unpackhi_epi8(first, zero), low_pair, high_pair);
    sums[2].Add(_mm_unpacklo_epi8(second, zero), low_pair, high_pair);
    sums[3].Add(_mm_unpackhi_epi8(second, zero), low_pair, high_pair);
  }
  const __m128i words_low = _mm_packs_epi32(sums[0].Rounded(), sums[1].Rounded());
  const __m128i words_high = _mm_packs_epi32(sums[2].Rounded(), sums[3].Rounded());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + x), _mm_packus_epi16(words_low, words_high));
}

void ResizeColumns(const ColumnTaps& taps, const FixedWeights& weights, std::uint8_t* out) {
  for (int x = 0; x < taps.num_bytes; x += 16) ResizeSixteenColumns(taps, weights, x, out);
}

}  // namespace

ResizeKernels Sse2ResizeKernels() { return {&ResizeRow, &ResizeColumns}; }

}  // namespace touchstone

#else

namespace touchstone {

ResizeKernels Sse2ResizeKernels() { return {}; }

}  // namespace touchstone

#endif
