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

// sum_j partial[j], added up by halves.
HWY_INLINE float AddUp(float* HWY_RESTRICT partial) {
  for (std::size_t half = kProductMultiple / 2; half >= 4; half /= 2) {
    const hn::CappedTag<float, 4> d;
    const std::size_t lanes = hn::Lanes(d);
    for (std::size_t j = 0; j < half; j += lanes) {
      hn::StoreU(hn::Add(hn::LoadU(d, partial + j), hn::LoadU(d, partial + j + half)), d, partial + j);
    }
  }
  return (partial[0] + partial[2]) + (partial[1] + partial[3]);
}

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
  for (std::size_t v = 0; v < kCount; ++v) {
    HWY_ALIGN float partial[kProductMultiple];
    for (std::size_t p = 0; p < num_parts; ++p) hn::StoreU(sums[v][p], d, partial + p * lanes);
    out[v * out_stride] = AddUp(partial);
  }
}

void MultiplyRows(const float* rows, std::size_t num_rows, std::size_t cols, const float* vectors,
                  std::size_t num_vectors, std::size_t stride, float* out) {
  constexpr std::size_t kAtOnce = 4;
  for (std::size_t r = 0; r < num_rows; ++r) {
    const float* row = rows + r * cols;
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
