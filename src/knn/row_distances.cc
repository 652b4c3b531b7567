#include "knn/row_distances.h"

#include "knn/cpu_choice.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/row_distances.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

constexpr std::size_t kPartials = 32;
constexpr std::size_t kMostVectors = HWY_TARGET == HWY_SCALAR ? 32 : 8;  // vectors have 4 lanes or more
constexpr std::size_t kRowsAtOnce = 2;  // their additions do not wait for each other

// sum_j partial[j], added up by halves as SquaredDistanceKernel does.
HWY_INLINE float AddUp(float* HWY_RESTRICT partial) {
  for (std::size_t half = kPartials / 2; half >= 4; half /= 2) {
    const hn::CappedTag<float, 4> d;
    const std::size_t lanes = hn::Lanes(d);
    for (std::size_t j = 0; j < half; j += lanes) {
      hn::StoreU(hn::Add(hn::LoadU(d, partial + j), hn::LoadU(d, partial + j + half)), d, partial + j);
    }
  }
  return (partial[0] + partial[2]) + (partial[1] + partial[3]);
}

// Rows 0..kRows of `rows`.
template <std::size_t kRows>
HWY_INLINE void Distances(const float* HWY_RESTRICT a, const float* const* rows, std::size_t size,
                          float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t num_vectors = kPartials / lanes;
  V sums[kRows][kMostVectors];
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t v = 0; v < num_vectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (std::size_t i = 0; i < size; i += kPartials) {
    for (std::size_t v = 0; v < num_vectors; ++v) {
      const V value = hn::LoadU(d, a + i + v * lanes);
      for (std::size_t r = 0; r < kRows; ++r) {
        const V difference = hn::Sub(value, hn::LoadU(d, rows[r] + i + v * lanes));
        sums[r][v] = hn::Add(sums[r][v], hn::Mul(difference, difference));
      }
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    HWY_ALIGN float partial[kPartials];
    for (std::size_t v = 0; v < num_vectors; ++v) hn::StoreU(sums[r][v], d, partial + v * lanes);
    out[r] = AddUp(partial);
  }
}

// The sketches [kCount x 32] against the block.
template <std::size_t kCount>
HWY_INLINE void FindNear(const float* HWY_RESTRICT sketches, const float* HWY_RESTRICT block,
                         const float* reaches, std::uint16_t* masks) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < kCount; ++i) masks[i] = 0;
  for (std::size_t column = 0; column < kSketchBlock; column += lanes) {
    V sums[kCount];
    for (std::size_t i = 0; i < kCount; ++i) sums[i] = hn::Zero(d);
    for (std::size_t t = 0; t < kSketchSize; ++t) {
      const V values = hn::LoadU(d, block + t * kSketchBlock + column);
      for (std::size_t i = 0; i < kCount; ++i) {
        const V difference = hn::Sub(hn::Set(d, sketches[i * kSketchSize + t]), values);
        sums[i] = hn::MulAdd(difference, difference, sums[i]);
      }
    }
    for (std::size_t i = 0; i < kCount; ++i) {
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::Le(sums[i], hn::Set(d, reaches[i])), bytes);
      const unsigned bits = bytes[0] | static_cast<unsigned>(bytes[1]) << 8;
      masks[i] = static_cast<std::uint16_t>(masks[i] | bits << column);
    }
  }
}

void FindNearSketches(const float* sketches, std::size_t count, const float* block, const float* reaches,
                      std::uint16_t* masks) {
  constexpr std::size_t kAtOnce = 8;
  std::size_t i = 0;
  for (; i + kAtOnce <= count; i += kAtOnce) {
    FindNear<kAtOnce>(sketches + i * kSketchSize, block, reaches + i, masks + i);
  }
  for (; i < count; ++i) FindNear<1>(sketches + i * kSketchSize, block, reaches + i, masks + i);
}

void DistancesToRows(const float* a, const float* const* rows, std::size_t count, std::size_t size,
                     float* out) {
  std::size_t i = 0;
  for (; i + kRowsAtOnce <= count; i += kRowsAtOnce) Distances<kRowsAtOnce>(a, rows + i, size, out + i);
  for (; i < count; ++i) Distances<1>(a, rows + i, size, out + i);
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace touchstone {

HWY_EXPORT(DistancesToRows);
HWY_EXPORT(FindNearSketches);

void DistancesToRows(const float* a, const float* const* rows, std::size_t count, std::size_t size,
                     float* out) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(DistancesToRows)(a, rows, count, size, out);
}

void FindNearSketches(const float* sketches, std::size_t count, const float* block, const float* reaches,
                      std::uint16_t* masks) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(FindNearSketches)(sketches, count, block, reaches, masks);
}

}  // namespace touchstone
#endif  // HWY_ONCE
