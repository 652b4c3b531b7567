// Comparing long codes of pairs, for each instruction set. Included once for each by Highway, after
// highway.h.
#if defined(TOUCHSTONE_KNN_LONG_CODES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TOUCHSTONE_KNN_LONG_CODES_INL_H
#undef TOUCHSTONE_KNN_LONG_CODES_INL_H
#else
#define TOUCHSTONE_KNN_LONG_CODES_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "knn/byte_products-inl.h"
#include "knn/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kGroupRows = CodePairs::kGroupRows;
constexpr std::size_t kStep = 64;  // bytes that a long code is a multiple of

// What the y_m of a long code count: weights of each four of the bytes of the step that they end in.
template <std::size_t kStart>
struct YWeights {
  explicit YWeights(std::int32_t weight) : whole(weight) {
    std::fill(mixed, mixed + kStart % kStep / 4, weight);
    std::fill(mixed + kStart % kStep / 4, mixed + kStep / 4, 1);
  }
  std::int32_t whole;
  std::int32_t mixed[kStep / 4];
};

// The products of two long codes in kLanes parts, those of y_m, the first kStart bytes, with their weight.
// kDims = dims, or 0 for any.
template <class Products, std::size_t kDims, std::size_t kStart>
HWY_INLINE VInt WeightedProducts(const std::int8_t* HWY_RESTRICT query, const std::uint8_t* HWY_RESTRICT row,
                                 std::size_t dims, const YWeights<kStart>& weights) {
  const DInt d;
  constexpr std::size_t kBytes = kLanes * 4, kWhole = kStart / kStep * kStep;
  VInt sum = hn::Zero(d);
#pragma GCC unroll 4
  for (std::size_t t = 0; t < kWhole; t += kBytes) {
    sum = Products::AddVectors(sum, LoadFours(d, row + t), query + t);
  }
  if constexpr (kWhole > 0) sum = hn::Mul(sum, hn::Set(d, weights.whole));
  constexpr std::size_t kMixedEnd = kWhole < kStart ? kWhole + kStep : kWhole;
  for (std::size_t t = kWhole; t < kMixedEnd; t += kBytes) {
    const VInt products = Products::AddVectors(hn::Zero(d), LoadFours(d, row + t), query + t);
    sum = hn::Add(sum, hn::Mul(products, hn::LoadU(d, weights.mixed + (t - kWhole) / 4)));
  }
  const std::size_t end = kDims != 0 ? kDims : dims;
#pragma GCC unroll 4
  for (std::size_t t = kMixedEnd; t < end; t += kBytes) {
    sum = Products::AddVectors(sum, LoadFours(d, row + t), query + t);
  }
  return sum;
}

// sums[i] = sum of the lanes of v[i], for 4 of them.
HWY_INLINE void SumLanes(const VInt (&v)[4], std::int32_t* sums) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < 4; ++i) sums[i] = hn::GetLane(v[i]);
#else
  const DInt d;
  const hn::Repartition<std::int64_t, DInt> d64;
  const auto halves = [&](VInt a, VInt b) HWY_ATTR {  // a0 + a2, b0 + b2, a1 + a3, b1 + b3 of each 16 bytes
    return hn::BitCast(d64, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  };
  const auto first = halves(v[0], v[1]), second = halves(v[2], v[3]);
  const VInt of_blocks = hn::Add(hn::BitCast(d, hn::InterleaveLower(d64, first, second)),
                                 hn::BitCast(d, hn::InterleaveUpper(d64, first, second)));
  const hn::CappedTag<std::int32_t, 4> d4;
  std::int32_t lanes[kLanes];
  hn::StoreU(of_blocks, d, lanes);
  auto sum = hn::LoadU(d4, lanes);
  for (std::size_t first_lane = 4; first_lane < kLanes; first_lane += 4) {
    sum = hn::Add(sum, hn::LoadU(d4, lanes + first_lane));
  }
  hn::StoreU(sum, d4, sums);
#endif
}

// Keeps those of `pairs` whose long codes pass (3).
template <class Products, std::size_t kDims, std::size_t kStart>
void RefinePairs(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs) {
  const D d;
  const DInt di;
  const YWeights<kStart> weights(tile.long_weight);
  const std::size_t count = pairs->count, dims = kDims != 0 ? kDims : tile.long_dims;
  std::fill_n(pairs->pairs + count, kMostLanes, 0);  // any pair, to fill up the last four
  pairs->count = 0;
  for (std::size_t first = 0; first < count; first += kLanes) {
    const std::size_t used = std::min(kLanes, count - first);
    std::int32_t products[kMostLanes];
    for (std::size_t n = 0; n < used; n += 4) {
      VInt of_four[4];
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) {
        const auto pair = static_cast<std::size_t>(pairs->pairs[first + n + i]);
        of_four[i] = WeightedProducts<Products, kDims, kStart>(tile.long_codes + pair / kGroupRows * dims,
                                                               group.long_codes + pair % kGroupRows * dims,
                                                               dims, weights);
      }
      SumLanes(of_four, products + n);
    }
    const VInt named = hn::LoadU(di, pairs->pairs + first);
    const auto wanted = hn::FirstN(di, used);
    const VInt pair = hn::IfThenElseZero(wanted, named);
    const VInt query = hn::ShiftRight<8>(pair), place = hn::And(pair, hn::Set(di, kGroupRows - 1));
    const VInt constant =
        hn::Add(hn::GatherIndex(di, group.long_norms, place), hn::GatherIndex(di, tile.long_terms, query));
    const V squared =
        hn::ConvertTo(d, hn::Sub(constant, hn::Mul(hn::LoadU(di, products), hn::Set(di, tile.double_scale))));
    const V reach =
        hn::Add(hn::GatherIndex(d, group.long_errors, place), hn::GatherIndex(d, tile.long_reaches, query));
    const auto within = hn::And(hn::Le(squared, hn::Mul(hn::Mul(reach, reach), hn::Set(d, 1.00001F))),
                                hn::RebindMask(d, wanted));
    hn::CompressStore(squared, within, d, pairs->squared + pairs->count);
    pairs->count += hn::CompressStore(pair, hn::RebindMask(di, within), di, pairs->pairs + pairs->count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#endif  // TOUCHSTONE_KNN_LONG_CODES_INL_H
