#include "png_filters.h"

#if defined(__SSE2__)

#include <emmintrin.h>

#include <cstring>

namespace touchstone {
namespace {

// The samples of one pixel as 16-bit numbers; what comes next in memory is in the lanes behind them.
__m128i LoadPixel(const std::uint8_t* pixel) {
  std::int32_t four = 0;
  std::memcpy(&four, pixel, sizeof four);
  return _mm_unpacklo_epi8(_mm_cvtsi32_si128(four), _mm_setzero_si128());
}

// Numbers modulo 256.
template <std::size_t kSamples>
void StorePixel(__m128i numbers, std::uint8_t* pixel) {
  const std::int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(numbers, numbers));
  std::memcpy(pixel, &four, kSamples);
}

__m128i Magnitude(__m128i numbers) {
  return _mm_max_epi16(numbers, _mm_sub_epi16(_mm_setzero_si128(), numbers));
}

__m128i Choose(__m128i mask, __m128i yes, __m128i no) {
  return _mm_or_si128(_mm_and_si128(mask, yes), _mm_andnot_si128(mask, no));
}

// Whichever of the three is nearest to left + above - corner; at a tie the first.
__m128i Paeth(__m128i left, __m128i above, __m128i corner) {
  const __m128i along_y = _mm_sub_epi16(above, corner), along_x = _mm_sub_epi16(left, corner);
  const __m128i from_left = Magnitude(along_y), from_above = Magnitude(along_x);
  const __m128i from_corner = Magnitude(_mm_add_epi16(along_x, along_y));
  const __m128i least = _mm_min_epi16(from_corner, _mm_min_epi16(from_left, from_above));
  return Choose(_mm_cmpeq_epi16(least, from_left), left,
                Choose(_mm_cmpeq_epi16(least, from_above), above, corner));
}

template <std::size_t kSamples, typename Predict>
void Restore(const std::uint8_t* above, std::size_t num_bytes, std::uint8_t* row, Predict predict) {
  const __m128i low_byte = _mm_set1_epi16(255);
  __m128i left = _mm_setzero_si128(), corner = left;
  for (std::size_t i = 0; i < num_bytes; i += kSamples) {
    const __m128i up = LoadPixel(above + i);
    left = _mm_and_si128(_mm_add_epi16(LoadPixel(row + i), predict(left, up, corner)), low_byte);
    corner = up;
    StorePixel<kSamples>(left, row + i);
  }
}

template <std::size_t kSamples>
void UnfilterPixels(int filter, const std::uint8_t* above, std::size_t num_bytes, std::uint8_t* row) {
  const auto restore = [&](auto predict) { Restore<kSamples>(above, num_bytes, row, predict); };
  if (filter == 1) restore([](__m128i left, __m128i, __m128i) { return left; });
  if (filter == 3) {
    restore([](__m128i left, __m128i up, __m128i) { return _mm_srli_epi16(_mm_add_epi16(left, up), 1); });
  }
  if (filter == 4) restore([](__m128i left, __m128i up, __m128i corner) { return Paeth(left, up, corner); });
}

void Unfilter(int filter, std::size_t samples, const std::uint8_t* above, std::size_t num_bytes,
              std::uint8_t* row) {
  if (samples < 3 || filter == 2) return UnfilterPortably(filter, samples, above, num_bytes, row);
  (samples == 3 ? UnfilterPixels<3> : UnfilterPixels<4>)(filter, above, num_bytes, row);
}

}  // namespace

PngUnfilter Sse2Unfilter() { return &Unfilter; }

}  // namespace touchstone

#else

namespace touchstone {

PngUnfilter Sse2Unfilter() { return nullptr; }

}  // namespace touchstone

#endif
