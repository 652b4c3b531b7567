#include "touchstone/knn/products.h"

#include "knn/cpu_choice.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/products.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

constexpr std::size_t kMostParts = HWY_TARGET == HWY_SCALAR ? 16 : 4;  // vectors have 4 lanes or more

// sum_j partial[j] of kCount partial sums [16] each, added up by halves: 8, 4, then (0 + 2) + (1 + 3).
#if HWY_TARGET == HWY_SCALAR
template <std::size_t kCount>
HWY_INLINE void AddUp(V (&sums)[kCount][kMostParts], float* out, std::size_t out_stride) {
  for (std::size_t v = 0; v < kCount; ++v) {
    float partial[kProductMultiple];
    for (std::size_t j = 0; j < kProductMultiple; ++j) partial[j] = hn::GetLane(sums[v][j]);
    for (std::size_t half = kProductMultiple / 2; half >= 4; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) partial[j] += partial[j + half];
    }
    out[v * out_stride] = (partial[0] + partial[2]) + (partial[1] + partial[3]);
  }
}
#else
using D4 = hn::CappedTag<float, 4>;

template <class Tag>
HWY_INLINE hn::Vec<D4> AddHalves(Tag /*d*/, hn::Vec<Tag> sums) {
  if constexpr (hn::MaxLanes(Tag()) > 4) {
    const hn::Half<Tag> half;
    return AddHalves(half, hn::Add(hn::LowerHalf(half, sums), hn::UpperHalf(half, sums)));
  } else {
    return sums;
  }
}

template <std::size_t kCount>
HWY_INLINE void AddUp(V (&sums)[kCount][kMostParts], float* out, std::size_t out_stride) {
  const D d;
  const D4 d4;
  hn::Vec<D4> fours[4];
  for (std::size_t v = 0; v < kCount; ++v) {
    for (std::size_t half = kProductMultiple / hn::Lanes(d) / 2; half >= 1; half /= 2) {
      for (std::size_t p = 0; p < half; ++p) sums[v][p] = hn::Add(sums[v][p], sums[v][p + half]);
    }
    fours[v] = AddHalves(d, sums[v][0]);
    fours[v] = hn::Add(fours[v], hn::Shuffle1032(fours[v]));
  }
  for (std::size_t v = kCount; v < 4; ++v) fours[v] = fours[0];
  const auto first = hn::InterleaveLower(d4, fours[0], fours[1]);
  const auto second = hn::InterleaveLower(d4, fours[2], fours[3]);
  HWY_ALIGN float totals[4];
  hn::Store(hn::Add(hn::ConcatLowerLower(d4, second, first), hn::ConcatUpperUpper(d4, second, first)), d4,
            totals);
  for (std::size_t v = 0; v < kCount; ++v) out[v * out_stride] = totals[v];
}
#endif

// One row with kCount vectors.
template <std::size_t kCount>
HWY_INLINE void Multiply(const float* HWY_RESTRICT row, std::size_t cols, const float* HWY_RESTRICT vectors,
                         std::size_t stride, float* out, std::size_t out_stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), num_parts = kProductMultiple / lanes;
  V sums[kCount][kMostParts];
  for (std::size_t v = 0; v < kCount; ++v) {
    for (std::size_t p = 0; p < num_parts; ++p) sums[v][p] = hn::Zero(d);
  }
  for (std::size_t c = 0; c < cols; c += kProductMultiple) {
    for (std::size_t p = 0; p < num_parts; ++p) {
      const V values = hn::LoadU(d, row + c + p * lanes);
      for (std::size_t v = 0; v < kCount; ++v) {
        const V product = hn::Mul(values, hn::LoadU(d, vectors + v * stride + c + p * lanes));
        sums[v][p] = hn::Add(sums[v][p], product);
      }
    }
  }
  AddUp(sums, out, out_stride);
}

void MultiplyRows(const float* rows, std::size_t num_rows, std::size_t cols, const float* vectors,
                  std::size_t num_vectors, std::size_t stride, float* out) {
  constexpr std::size_t kAtOnce = 4;
  // Floats: rows are read once, one after the other. Beyond the last there may be nothing, which is no harm.
  constexpr std::size_t kAhead = 4096;
  for (std::size_t r = 0; r < num_rows; ++r) {
    const float* row = rows + r * cols;
    for (std::size_t c = 0; c < cols; c += kProductMultiple) __builtin_prefetch(row + kAhead + c);
    std::size_t v = 0;
    for (; v + kAtOnce <= num_vectors; v += kAtOnce) {
      Multiply<kAtOnce>(row, cols, vectors + v * stride, stride, out + v * num_rows + r, num_rows);
    }
    for (; v < num_vectors; ++v) {
      Multiply<1>(row, cols, vectors + v * stride, stride, out + v * num_rows + r, num_rows);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace touchstone {

HWY_EXPORT(MultiplyRows);

void MultiplyRows(const float* rows, std::size_t num_rows, std::size_t cols, const float* vectors,
                  std::size_t num_vectors, std::size_t stride, float* out) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(MultiplyRows)(rows, num_rows, cols, vectors, num_vectors, stride, out);
}

}  // namespace touchstone
#endif  // HWY_ONCE
