#include "knn/cpu_choice.h"
#include "knn/leaves.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/leaf_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(D());
constexpr std::size_t kVectors = kSplitDims / kLanes;
static_assert(kSplitDims % kLanes == 0);

HWY_INLINE void LoadVectors(const float* HWY_RESTRICT from, V (&vectors)[kVectors]) {
  for (std::size_t v = 0; v < kVectors; ++v) vectors[v] = hn::LoadU(D(), from + v * kLanes);
}

HWY_INLINE void StoreVectors(const V (&vectors)[kVectors], float* HWY_RESTRICT to) {
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(vectors[v], D(), to + v * kLanes);
}

HWY_INLINE float Product(const V (&a)[kVectors], const V (&b)[kVectors]) {
  V sum = hn::Mul(a[0], b[0]);
  for (std::size_t v = 1; v < kVectors; ++v) sum = hn::MulAdd(a[v], b[v], sum);
  return hn::GetLane(hn::SumOfLanes(D(), sum));
}

void SumRows(const RowsToSplit& rows, float* HWY_RESTRICT sums, float* HWY_RESTRICT squares) {
  V of_values[kVectors], of_squares[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) of_values[v] = of_squares[v] = hn::Zero(D());
  for (std::size_t i = 0; i < rows.count; i += rows.step) {
    V row[kVectors];
    LoadVectors(rows.at(i), row);
    for (std::size_t v = 0; v < kVectors; ++v) {
      of_values[v] = hn::Add(of_values[v], row[v]);
      of_squares[v] = hn::MulAdd(row[v], row[v], of_squares[v]);
    }
  }
  StoreVectors(of_values, sums);
  StoreVectors(of_squares, squares);
}

std::size_t SumRowsBeyond(const RowsToSplit& rows, const float* direction, float threshold,
                          float* HWY_RESTRICT sums) {
  V along[kVectors], of_values[kVectors];
  LoadVectors(direction, along);
  for (std::size_t v = 0; v < kVectors; ++v) of_values[v] = hn::Zero(D());
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.count; i += rows.step) {
    V row[kVectors];
    LoadVectors(rows.at(i), row);
    const bool is_beyond = Product(row, along) > threshold;
    const V factor = hn::Set(D(), is_beyond ? 1.0F : 0.0F);
    for (std::size_t v = 0; v < kVectors; ++v) of_values[v] = hn::MulAdd(factor, row[v], of_values[v]);
    count += is_beyond ? 1 : 0;
  }
  StoreVectors(of_values, sums);
  return count;
}

void ProductsAlong(const RowsToSplit& rows, const float* direction, float* products) {
  V along[kVectors];
  LoadVectors(direction, along);
  for (std::size_t i = 0; i < rows.count; ++i) {
    V row[kVectors];
    LoadVectors(rows.at(i), row);
    products[i] = Product(row, along);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace touchstone {

HWY_EXPORT(SumRows);
HWY_EXPORT(SumRowsBeyond);
HWY_EXPORT(ProductsAlong);

void SumRows(const RowsToSplit& rows, float* sums, float* squares) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(SumRows)(rows, sums, squares);
}

std::size_t SumRowsBeyond(const RowsToSplit& rows, const float* direction, float threshold, float* sums) {
  ChooseTarget();
  return HWY_DYNAMIC_DISPATCH(SumRowsBeyond)(rows, direction, threshold, sums);
}

void ProductsAlong(const RowsToSplit& rows, const float* direction, float* products) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(ProductsAlong)(rows, direction, products);
}

}  // namespace touchstone
#endif  // HWY_ONCE
