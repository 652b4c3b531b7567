#include "knn/kernels.h"

#include <algorithm>

#include "knn/cpu_choice.h"
#include "touchstone/knn/blend.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;  // at most 16 lanes, so that a block is a whole number of pairs
using V = hn::Vec<D>;

// Rows of `a` that share one pass over a block: with two vectors each they fill the registers.
constexpr std::size_t kRowsAtOnce = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 8 : 4;
constexpr std::size_t kChunk = 32;  // terms summed before they are added to the total

// acc[r][0..1] += a_r . block over `depth` terms, for two vectors of columns.
template <std::size_t kRows>
HWY_INLINE void MultiplyAdd(const float* HWY_RESTRICT a, std::size_t stride, std::size_t depth,
                            const float* HWY_RESTRICT block, V (&low)[kRows], V (&high)[kRows]) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t t = 0; t < depth; ++t) {
    const V b0 = hn::LoadU(d, block + t * kKernelBlock);
    const V b1 = hn::LoadU(d, block + t * kKernelBlock + lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const V value = hn::Set(d, a[r * stride + t]);
      low[r] = hn::MulAdd(value, b0, low[r]);
      high[r] = hn::MulAdd(value, b1, high[r]);
    }
  }
}

template <std::size_t kRows>
HWY_INLINE void MultiplyRows(const float* a, std::size_t depth, const float* block, float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t column = 0; column < kKernelBlock; column += 2 * lanes) {
    V total_low[kRows], total_high[kRows];
    for (std::size_t r = 0; r < kRows; ++r) total_low[r] = total_high[r] = hn::Zero(d);
    for (std::size_t t = 0; t < depth; t += kChunk) {
      V low[kRows], high[kRows];
      for (std::size_t r = 0; r < kRows; ++r) low[r] = high[r] = hn::Zero(d);
      MultiplyAdd<kRows>(a + t, depth, std::min(kChunk, depth - t), block + t * kKernelBlock + column, low,
                         high);
      for (std::size_t r = 0; r < kRows; ++r) {
        total_low[r] = hn::Add(total_low[r], low[r]);
        total_high[r] = hn::Add(total_high[r], high[r]);
      }
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      hn::StoreU(total_low[r], d, out + r * kKernelBlock + column);
      hn::StoreU(total_high[r], d, out + r * kKernelBlock + column + lanes);
    }
  }
}

void MultiplyBlock(const float* a, std::size_t rows, std::size_t depth, const float* block, float* out) {
  std::size_t row = 0;
  for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce) {
    MultiplyRows<kRowsAtOnce>(a + row * depth, depth, block, out + row * kKernelBlock);
  }
  for (; row < rows; ++row) MultiplyRows<1>(a + row * depth, depth, block, out + row * kKernelBlock);
}

template <class Tag>
HWY_INLINE std::uint32_t MaskBits(Tag d, hn::Mask<Tag> mask) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8;
}

template <std::size_t kRows>
HWY_INLINE void CompareRows(const float* a, std::size_t depth, const float* block, const float* offsets,
                            const float* thresholds, std::uint32_t* masks) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < kRows; ++r) masks[r] = 0;
  for (std::size_t column = 0; column < kKernelBlock; column += 2 * lanes) {
    V low[kRows], high[kRows];
    for (std::size_t r = 0; r < kRows; ++r) low[r] = high[r] = hn::Zero(d);
    MultiplyAdd<kRows>(a, depth, depth, block + column, low, high);
    const V offset_low = hn::LoadU(d, offsets + column);
    const V offset_high = hn::LoadU(d, offsets + column + lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const V threshold = hn::Set(d, thresholds[r]);
      const auto pass_low = hn::Ge(hn::Sub(low[r], offset_low), threshold);
      const auto pass_high = hn::Ge(hn::Sub(high[r], offset_high), threshold);
      if (HWY_LIKELY(hn::AllFalse(d, hn::Or(pass_low, pass_high)))) continue;
      masks[r] |= (MaskBits(d, pass_low) << column) | (MaskBits(d, pass_high) << (column + lanes));
    }
  }
}

void CompareBlock(const float* a, std::size_t rows, std::size_t depth, const float* block,
                  const float* offsets, const float* thresholds, std::uint32_t* masks) {
  std::size_t row = 0;
  for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce) {
    CompareRows<kRowsAtOnce>(a + row * depth, depth, block, offsets, thresholds + row, masks + row);
  }
  for (; row < rows; ++row) {
    CompareRows<1>(a + row * depth, depth, block, offsets, thresholds + row, masks + row);
  }
}

// Values [i, i + lanes) of Blend.
template <class Tag>
HWY_INLINE hn::Vec<Tag> BlendAt(Tag d, const BlendOf& blend, std::size_t i) {
  const auto between = [d](auto from, auto to, float fraction) HWY_ATTR {
    return hn::Add(from, hn::Mul(hn::Sub(to, from), hn::Set(d, fraction)));
  };
  const auto at = [&](std::size_t row) HWY_ATTR { return hn::LoadU(d, blend.rows[row] + i); };
  return between(between(at(0), at(2), blend.fraction_y), between(at(1), at(3), blend.fraction_y),
                 blend.fraction_x);
}

void BlendRows(const BlendOf& blend, bool is_added, std::size_t size, float* HWY_RESTRICT out) {
  const auto put = [&](auto d, std::size_t i) HWY_ATTR {
    const auto value = BlendAt(d, blend, i);
    hn::StoreU(is_added ? hn::Add(hn::LoadU(d, out + i), value) : value, d, out + i);
  };
  const D d;
  const hn::CappedTag<float, 1> one;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d)) put(d, i);
  for (; i < size; ++i) put(one, i);
}

// ||a - b||^2 = sum (a_i - b_i)^2 in 32 partial sums, partial sum j taking the terms i = j (mod 32)
// in order, added up by halves: an order that no vector length changes.
float SquaredDistanceKernel(const float* a, const float* b, std::size_t size) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  constexpr std::size_t kMostVectors = HWY_TARGET == HWY_SCALAR ? 32 : 8;  // vectors have 4 lanes or more
  V sums[kMostVectors];
  const std::size_t num_vectors = 32 / lanes;
  for (std::size_t v = 0; v < num_vectors; ++v) sums[v] = hn::Zero(d);
  const auto add32 = [&](const float* HWY_RESTRICT p, const float* HWY_RESTRICT q) HWY_ATTR {
    for (std::size_t v = 0; v < num_vectors; ++v) {
      const V difference = hn::Sub(hn::LoadU(d, p + v * lanes), hn::LoadU(d, q + v * lanes));
      sums[v] = hn::Add(sums[v], hn::Mul(difference, difference));
    }
  };
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32) add32(a + i, b + i);
  if (i < size) {
    float tail_a[32] = {}, tail_b[32] = {};
    std::copy(a + i, a + size, tail_a);
    std::copy(b + i, b + size, tail_b);
    add32(tail_a, tail_b);
  }
  float partial[32];
  for (std::size_t v = 0; v < num_vectors; ++v) hn::StoreU(sums[v], d, partial + v * lanes);
  for (std::size_t half = 16; half > 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) partial[j] += partial[j + half];
  }
  return partial[0];
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace touchstone {

HWY_EXPORT(MultiplyBlock);
HWY_EXPORT(CompareBlock);
HWY_EXPORT(SquaredDistanceKernel);
HWY_EXPORT(BlendRows);

void MultiplyBlock(const float* a, std::size_t rows, std::size_t depth, const float* block, float* out) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(MultiplyBlock)(a, rows, depth, block, out);
}

void CompareBlock(const float* a, std::size_t rows, std::size_t depth, const float* block,
                  const float* offsets, const float* thresholds, std::uint32_t* masks) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(CompareBlock)(a, rows, depth, block, offsets, thresholds, masks);
}

float SquaredDistanceKernel(const float* a, const float* b, std::size_t size) {
  ChooseTarget();
  return HWY_DYNAMIC_DISPATCH(SquaredDistanceKernel)(a, b, size);
}

void Blend(const float* const (&rows)[4], float fraction_x, float fraction_y, std::size_t size, float* out) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(BlendRows)(BlendOf{rows, fraction_x, fraction_y}, false, size, out);
}

void AddBlend(const float* const (&rows)[4], float fraction_x, float fraction_y, std::size_t size,
              float* out) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(BlendRows)(BlendOf{rows, fraction_x, fraction_y}, true, size, out);
}

}  // namespace touchstone
#endif  // HWY_ONCE
