#include <algorithm>
#include <cstring>

#include "knn/cpu_choice.h"
#include "knn/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/code_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
using DInt = hn::CappedTag<std::int32_t, 16>;
using VInt = hn::Vec<DInt>;

constexpr std::size_t kLeaf = 16;  // rows of a leaf, leaves of a group
constexpr std::size_t kGroupRows = kLeaf * kLeaf;
constexpr std::size_t kMostQueries = 64;
constexpr std::size_t kLanes = hn::MaxLanes(DInt());
constexpr std::size_t kVectors = kLeaf / kLanes;  // that hold a number of each row of a leaf
// Query rows that share one pass over a leaf: with their sums they fill the registers.
constexpr std::size_t kRowsAtOnce = kVectors >= 4 ? 2 : 8 / kVectors;

using Sums = VInt[kVectors];

// Four bytes of a query row, as one lane.
HWY_INLINE std::int32_t FourBytes(const std::int8_t* bytes) {
  std::int32_t lane;
  std::memcpy(&lane, bytes, sizeof(lane));
  return lane;
}

// How each lane's sum + products of its four bytes with those of `query` is done; rows are within [0, 254].
// Highway 1.0 has no name for these instructions, which do 2 to 4 times what float ones do.
struct ByPairs {  // query within [-63, 63]: 2 * 254 * 63 < 2^15
#if HWY_TARGET == HWY_AVX3
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, const std::int8_t* query) {
    const __m512i pairs = _mm512_maddubs_epi16(rows.raw, _mm512_set1_epi32(FourBytes(query)));
    return hn::Add(sum, VInt{_mm512_madd_epi16(pairs, _mm512_set1_epi16(1))});
  }
#elif HWY_TARGET == HWY_AVX2
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, const std::int8_t* query) {
    const __m256i pairs = _mm256_maddubs_epi16(rows.raw, _mm256_set1_epi32(FourBytes(query)));
    return hn::Add(sum, VInt{_mm256_madd_epi16(pairs, _mm256_set1_epi16(1))});
  }
#elif HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, const std::int8_t* query) {
    const __m128i pairs = _mm_maddubs_epi16(rows.raw, _mm_set1_epi32(FourBytes(query)));
    return hn::Add(sum, VInt{_mm_madd_epi16(pairs, _mm_set1_epi16(1))});
  }
#else  // with what every CPU has
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, const std::int8_t* query) {
    const DInt d;
    for (int byte = 0; byte < 4; ++byte) {
      sum = hn::Add(sum, hn::Mul(hn::And(rows, hn::Set(d, 255)), hn::Set(d, std::int32_t{query[byte]})));
      rows = hn::ShiftRight<8>(rows);
    }
    return sum;
  }
#endif
};

#if HWY_TARGET == HWY_AVX3
// One instruction for all of it, query within [-127, 127]. In assembler, since this target of Highway does
// not enable it.
struct ByVnni {
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, const std::int8_t* query) {
    using Lane = std::int32_t __attribute__((may_alias, aligned(1)));
    __asm__("vpdpbusd %2%{1to16%}, %1, %0"
            : "+v"(sum.raw)
            : "v"(rows.raw), "m"(*reinterpret_cast<const Lane*>(query)));
    return sum;
  }
};
#endif

HWY_INLINE VInt LoadRows(DInt d, const std::uint8_t* bytes) {
#if HWY_TARGET == HWY_SCALAR
  std::int32_t lane;
  std::memcpy(&lane, bytes, sizeof(lane));
  return hn::Set(d, lane);
#else
  return hn::BitCast(d, hn::LoadU(hn::Repartition<std::uint8_t, DInt>(), bytes));
#endif
}

// sums[r][v] += products of query row r with the rows of a leaf. kDims = dims, or 0 for any.
template <class Products, std::size_t kDims, std::size_t kRows>
HWY_INLINE void AddLeaf(const std::int8_t* const (&queries)[kRows], std::size_t dims,
                        const std::uint8_t* HWY_RESTRICT leaf, Sums (&sums)[kRows]) {
  const DInt d;
  const std::size_t end = kDims != 0 ? kDims : dims;
#pragma GCC unroll 16
  for (std::size_t t = 0; t < end; t += 4) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const VInt rows = LoadRows(d, leaf + t * kLeaf + v * kLanes * 4);
      for (std::size_t r = 0; r < kRows; ++r) {
        sums[r][v] = Products::AddProducts(sums[r][v], rows, queries[r] + t);
      }
    }
  }
}

// The same for one query row, in sums that do not wait for each other.
template <class Products, std::size_t kDims>
HWY_INLINE void AddLeafToOne(const std::int8_t* query, std::size_t dims,
                             const std::uint8_t* HWY_RESTRICT leaf, Sums& sums) {
  constexpr std::size_t kChains = 4;
  const DInt d;
  const std::size_t end = kDims != 0 ? kDims : dims;
  for (std::size_t v = 0; v < kVectors; ++v) {
    const std::uint8_t* rows = leaf + v * kLanes * 4;
    VInt chains[kChains];
    for (VInt& chain : chains) chain = hn::Zero(d);
    std::size_t t = 0;
    for (; t + 4 * kChains <= end; t += 4 * kChains) {
      for (std::size_t c = 0; c < kChains; ++c) {
        chains[c] =
            Products::AddProducts(chains[c], LoadRows(d, rows + (t + 4 * c) * kLeaf), query + t + 4 * c);
      }
    }
    for (; t < end; t += 4) {
      chains[0] = Products::AddProducts(chains[0], LoadRows(d, rows + t * kLeaf), query + t);
    }
    sums[v] = hn::Add(hn::Add(chains[0], chains[1]), hn::Add(chains[2], chains[3]));
  }
}

template <class Tag>
HWY_INLINE std::uint32_t MaskBits(Tag d, hn::Mask<Tag> mask) {
#if HWY_TARGET == HWY_AVX3
  (void)d;
  return mask.raw;
#else
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  return bytes[0];
#endif
}

// ||s u(a) - s u(b)||^2 of vector v: norms + term - 2 f p. Exact: whole numbers below 2^24.
HWY_INLINE V Squared(const std::int32_t* norms, std::size_t v, float term, float double_scale,
                     VInt products) {
  const DInt di;
  const D d;
  const V constant = hn::Add(hn::ConvertTo(d, hn::LoadU(di, norms + v * kLanes)), hn::Set(d, term));
  return hn::NegMulAdd(hn::Set(d, double_scale), hn::ConvertTo(d, products), constant);
}

HWY_INLINE hn::Mask<D> IsWithin(V squared, const float* errors, std::size_t v, float reach) {
  const D d;
  const V distance = hn::Add(hn::LoadU(d, errors + v * kLanes), hn::Set(d, reach));
  return hn::Le(squared, hn::Mul(hn::Mul(distance, distance), hn::Set(d, 1.00001F)));
}

// Bit l of masks[i]: leaf l may hold rows near query row i.
template <class Products, std::size_t kDims>
HWY_INLINE void FindLeaves(const QueryTile& tile, const LeafGroup& group, std::uint16_t* masks) {
  const DInt d;
  for (std::size_t first = 0; first < tile.rows; first += kRowsAtOnce) {
    const std::int8_t* queries[kRowsAtOnce];
    Sums sums[kRowsAtOnce];
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
      queries[r] = tile.short_codes + std::min(first + r, tile.rows - 1) * tile.short_dims;
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
    }
    AddLeaf<Products, kDims>(queries, tile.short_dims, group.centre_codes, sums);
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
      const std::size_t i = std::min(first + r, tile.rows - 1);
      std::uint32_t mask = 0;
      for (std::size_t v = 0; v < kVectors; ++v) {
        const V squared = Squared(group.centre_norms, v, tile.short_terms[i],
                                  static_cast<float>(tile.double_scale), sums[r][v]);
        mask |= MaskBits(D(), IsWithin(squared, group.radii, v, tile.short_reaches[i])) << (v * kLanes);
      }
      masks[i] = static_cast<std::uint16_t>(mask);
    }
  }
}

constexpr std::uint8_t kNobody = kMostQueries;  // in place of a query row: its threshold is never reached

// The query rows whose masks have a bit, in a list that goes on with some nobodies.
HWY_INLINE std::size_t ListQueries(const std::uint16_t* masks, std::size_t bit, std::uint8_t* list) {
  std::size_t count = 0;
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t i = 0; i < kMostQueries; ++i) {
    if ((masks[i] >> bit & 1) != 0) list[count++] = static_cast<std::uint8_t>(i);
  }
#else
  const hn::CappedTag<std::uint16_t, 32> d;
  std::uint8_t bytes[kMostQueries / 8 + 8];
  const auto wanted = hn::Set(d, static_cast<std::uint16_t>(1U << bit));
  for (std::size_t i = 0; i < kMostQueries; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, hn::TestBit(hn::LoadU(d, masks + i), wanted), bytes + i / 8);
  }
  std::uint64_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  for (; bits != 0; bits &= bits - 1) list[count++] = static_cast<std::uint8_t>(__builtin_ctzll(bits));
#endif
  for (std::size_t i = 0; i < kRowsAtOnce; ++i) list[count + i] = kNobody;
  return count;
}

// Query rows that may be near rows of a leaf, and which.
struct Hits {
  std::size_t count = 0;
  std::uint8_t queries[kMostQueries * kLeaf + 8];
  std::uint8_t leaves[kMostQueries * kLeaf + 8];
  std::uint16_t masks[kMostQueries * kLeaf + 8];
};

// What a product must reach at least, for each query row: base - r^2 / 2 f.
void SetThresholds(const QueryTile& tile, const LeafGroup& group, std::int32_t* thresholds) {
  const float share = 1.00001F / static_cast<float>(tile.double_scale);
  for (std::size_t i = 0; i < tile.rows; ++i) {
    const float reach = tile.short_reaches[i] + group.short_error;
    thresholds[i] = tile.short_bases[i] - 1 - static_cast<std::int32_t>(reach * reach * share);
  }
}

// -||u||^2 / 2 f of vector v of a leaf, rounded up.
HWY_INLINE VInt Start(const QueryTile& tile, const std::int32_t* norms, std::size_t v) {
  const DInt d;
  const VInt loaded = hn::LoadU(d, norms + v * kLanes);
  return hn::Neg(tile.double_scale == 2 ? hn::ShiftRight<1>(loaded) : hn::ShiftRight<2>(loaded));
}

// The same for kRows of a list from `first` on.
template <class Products, std::size_t kDims, std::size_t kRows>
HWY_INLINE void ScanRows(const QueryTile& tile, const std::uint8_t* codes, const Sums& starts,
                         const std::uint8_t* list, const std::int32_t* thresholds, std::size_t leaf,
                         std::uint32_t valid, Hits* hits) {
  const DInt d;
  const std::int8_t* queries[kRows];
  Sums sums[kRows];
  for (std::size_t r = 0; r < kRows; ++r) {
    queries[r] = tile.short_codes + (list[r] == kNobody ? 0 : list[r]) * tile.short_dims;
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = starts[v];
  }
  AddLeaf<Products, kDims>(queries, tile.short_dims, codes, sums);
  for (std::size_t r = 0; r < kRows; ++r) {
    const VInt least = hn::Set(d, thresholds[list[r]] - 1);
    std::uint32_t mask = 0;
    for (std::size_t v = 0; v < kVectors; ++v) {
      mask |= MaskBits(d, hn::Gt(sums[r][v], least)) << (v * kLanes);
    }
    hits->queries[hits->count] = list[r];
    hits->leaves[hits->count] = static_cast<std::uint8_t>(leaf);
    hits->masks[hits->count] = static_cast<std::uint16_t>(mask & valid);
    hits->count += (mask & valid) != 0 ? 1 : 0;
  }
}

// Tests the short codes of the query rows in a list and a leaf. The list goes on with rows of no account.
template <class Products, std::size_t kDims>
HWY_INLINE void ScanLeaf(const QueryTile& tile, const LeafGroup& group, std::size_t leaf,
                         const std::uint8_t* list, std::size_t count, const std::int32_t* thresholds,
                         Hits* hits) {
  Sums starts;
  for (std::size_t v = 0; v < kVectors; ++v) starts[v] = Start(tile, group.short_norms + leaf * kLeaf, v);
  const std::uint32_t valid = 0xFFFFU >> (kLeaf - std::min(kLeaf, group.rows - leaf * kLeaf));
  const std::uint8_t* codes = group.short_codes + leaf * kLeaf * tile.short_dims;
  std::size_t first = 0;
  for (; first + kRowsAtOnce / 2 < count; first += kRowsAtOnce) {
    ScanRows<Products, kDims, kRowsAtOnce>(tile, codes, starts, list + first, thresholds, leaf, valid, hits);
  }
  if (first < count) {
    ScanRows<Products, kDims, kRowsAtOnce / 2>(tile, codes, starts, list + first, thresholds, leaf, valid,
                                               hits);
  }
}

// Tests the long codes of one query row and the rows of a leaf that `mask` names.
// Those that pass are added to `pairs`.
template <class Products, std::size_t kDims>
HWY_INLINE void RefineLeaf(const QueryTile& tile, const LeafGroup& group, std::size_t leaf, std::size_t query,
                           std::uint32_t mask, CodePairs* pairs) {
  const D d;
  const DInt di;
  const std::int8_t* codes = tile.long_codes + query * (tile.short_dims + tile.long_dims);
  Sums short_sums, long_sums;
  AddLeafToOne<Products, kDims>(codes, tile.short_dims, group.short_codes + leaf * kLeaf * tile.short_dims,
                                short_sums);
  AddLeafToOne<Products, 0>(codes + tile.short_dims, tile.long_dims,
                            group.long_codes + leaf * kLeaf * tile.long_dims, long_sums);
  const auto double_scale = static_cast<float>(tile.double_scale);
  const V step_squared = hn::Set(d, group.long_step * group.long_step);
  const VInt bit = hn::Shl(hn::Set(di, 1), hn::Iota(di, 0));
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V of_short =
        Squared(group.y_norms + leaf * kLeaf, v, tile.y_terms[query], double_scale, short_sums[v]);
    const V of_long =
        Squared(group.long_norms + leaf * kLeaf, v, tile.long_terms[query], double_scale, long_sums[v]);
    const V sum = hn::MulAdd(step_squared, of_long, of_short);
    const VInt named = hn::Set(di, static_cast<std::int32_t>(mask >> (v * kLanes)));
    const auto within = hn::And(IsWithin(sum, group.long_errors + leaf * kLeaf, v, tile.long_reaches[query]),
                                hn::RebindMask(d, hn::TestBit(named, bit)));
    const auto first = static_cast<std::int32_t>(query * kGroupRows + leaf * kLeaf + v * kLanes);
    hn::CompressStore(sum, within, d, pairs->squared + pairs->count);
    pairs->count +=
        hn::CompressStore(hn::Iota(di, first), hn::RebindMask(di, within), di, pairs->pairs + pairs->count);
  }
}

template <class Products, std::size_t kDims>
void FilterGroupBy(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs, FilterCounts* counts) {
  std::uint16_t leaf_masks[kMostQueries] = {};
  std::int32_t thresholds[kMostQueries + 1];
  thresholds[kNobody] = 1 << 30;
  FindLeaves<Products, kDims>(tile, group, leaf_masks);
  SetThresholds(tile, group, thresholds);
  Hits hits;
  for (std::size_t leaf = 0; leaf * kLeaf < group.rows; ++leaf) {
    std::uint8_t list[kMostQueries + 8];
    const std::size_t count = ListQueries(leaf_masks, leaf, list);
    if (count == 0) continue;
    ScanLeaf<Products, kDims>(tile, group, leaf, list, count, thresholds, &hits);
    counts->scanned += count * std::min(kLeaf, group.rows - leaf * kLeaf);
  }
  pairs->count = 0;
  for (std::size_t h = 0; h < hits.count; ++h) {
    counts->refined += static_cast<std::uint64_t>(__builtin_popcount(hits.masks[h]));
    RefineLeaf<Products, kDims>(tile, group, hits.leaves[h], hits.queries[h], hits.masks[h], pairs);
  }
}

template <class Products>
void FilterGroupOfAnyDims(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs,
                          FilterCounts* counts) {
  if (tile.short_dims == 48) return FilterGroupBy<Products, 48>(tile, group, pairs, counts);
  return FilterGroupBy<Products, 0>(tile, group, pairs, counts);
}

void FilterGroup(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs, FilterCounts* counts) {
#if HWY_TARGET == HWY_AVX3
  if (UseVnni()) return FilterGroupOfAnyDims<ByVnni>(tile, group, pairs, counts);
#endif
  return FilterGroupOfAnyDims<ByPairs>(tile, group, pairs, counts);
}

RoundedRow RoundRow(const float* values, std::size_t size, float scale, float limit, std::int8_t* whole) {
  const D d;
  const DInt di;
  VInt sums = hn::Zero(di), squares = hn::Zero(di);
  V errors = hn::Zero(d), lengths = hn::Zero(d);
  const auto add = [&](const float* HWY_RESTRICT from, std::int8_t* HWY_RESTRICT to) HWY_ATTR {
    const V given = hn::LoadU(d, from);
    const V scaled = hn::Mul(given, hn::Set(d, scale));
    const V bounded = hn::Min(hn::Max(scaled, hn::Set(d, -limit)), hn::Set(d, limit));
    const VInt rounded = hn::NearestInt(bounded);
    const V error = hn::Sub(bounded, hn::ConvertTo(d, rounded));
    sums = hn::Add(sums, rounded);
    squares = hn::Add(squares, hn::Mul(rounded, rounded));
    errors = hn::MulAdd(error, error, errors);
    lengths = hn::MulAdd(given, given, lengths);
    hn::StoreU(hn::DemoteTo(hn::Rebind<std::int8_t, D>(), rounded), hn::Rebind<std::int8_t, D>(), to);
  };
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) add(values + i, whole + i);
  if (i < size) {
    float tail[kLanes] = {};
    std::int8_t rounded_tail[kLanes];
    std::copy(values + i, values + size, tail);
    add(tail, rounded_tail);
    std::copy(rounded_tail, rounded_tail + (size - i), whole + i);
  }
  return {hn::GetLane(hn::SumOfLanes(di, sums)), hn::GetLane(hn::SumOfLanes(di, squares)),
          hn::GetLane(hn::SumOfLanes(d, errors)), hn::GetLane(hn::SumOfLanes(d, lengths))};
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace touchstone {

HWY_EXPORT(FilterGroup);
HWY_EXPORT(RoundRow);

void FilterGroup(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs, FilterCounts* counts) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(FilterGroup)(tile, group, pairs, counts);
}

RoundedRow RoundRow(const float* values, std::size_t size, float scale, float limit, std::int8_t* whole) {
  ChooseTarget();
  return HWY_DYNAMIC_DISPATCH(RoundRow)(values, size, scale, limit, whole);
}

}  // namespace touchstone
#endif  // HWY_ONCE
