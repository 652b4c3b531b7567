#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>

#include "knn/byte_tiles.h"
#include "knn/cpu_choice.h"
#include "knn/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/code_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "knn/byte_products-inl.h"
#include "knn/long_codes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLeaf = 16;  // rows of a leaf, leaves of a group
constexpr std::size_t kMostQueries = kTileQueries;
constexpr std::size_t kVectors = kLeaf / kLanes;  // that hold a number of each row of a leaf
using Sums = VInt[kVectors];

// The codes of 16 rows, in the layout of short codes. kDims = dims, or 0 for any.
template <class Products, std::size_t kDims>
class SixteenRows {
 public:
  HWY_INLINE SixteenRows(const std::uint8_t* codes, std::size_t dims) : codes_(codes), dims_(dims) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kHeld; ++i) held_[i] = LoadFours(DInt(), codes + i * 4 * kLeaf);
  }

  // sums[v] += products with a query row.
  HWY_INLINE void AddProducts(const std::int8_t* query, Sums& sums) const {
    if constexpr (kHeld > 1) {
      VInt odd = hn::Zero(DInt());  // two sums that need not wait for each other
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kHeld; i += 2) {
        sums[0] = Products::AddBroadcast(sums[0], held_[i], query + i * 4);
        odd = Products::AddBroadcast(odd, held_[i + 1], query + i * 4 + 4);
      }
      sums[0] = hn::Add(sums[0], odd);
    } else {
      const std::size_t end = kDims != 0 ? kDims : dims_;
      for (std::size_t t = 0; t < end; t += 4) {
        for (std::size_t v = 0; v < kVectors; ++v) {
          const VInt rows = LoadFours(DInt(), codes_ + t * kLeaf + v * kLanes * 4);
          sums[v] = Products::AddBroadcast(sums[v], rows, query + t);
        }
      }
    }
  }

 private:
  // In 32 wide registers there is room for all of them, so that each query row is loaded alone.
  static constexpr std::size_t kHeld = kVectors == 1 && kDims % 8 == 0 ? kDims / 4 : 0;

  const std::uint8_t* codes_;
  std::size_t dims_;
  VInt held_[kHeld + 1];
};

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
  const SixteenRows<Products, kDims> centres(group.centre_codes, tile.short_dims);
  const auto double_scale = static_cast<float>(tile.double_scale);
  for (std::size_t i = 0; i < tile.rows; ++i) {
    Sums sums;
    for (VInt& sum : sums) sum = hn::Zero(DInt());
    centres.AddProducts(tile.short_codes + i * tile.short_dims, sums);
    std::uint32_t mask = 0;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V squared = Squared(group.centre_norms, v, tile.short_terms[i], double_scale, sums[v]);
      mask |= MaskBits(D(), IsWithin(squared, group.radii, v, tile.short_reaches[i])) << (v * kLanes);
    }
    masks[i] = static_cast<std::uint16_t>(mask);
  }
}

// The query rows whose masks have a bit.
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
  return count;
}

// Pairs that short codes let through: bit j of masks[h] is that of pair firsts[h] + offsets[j].
struct Hits {
  std::size_t count = 0;
  std::int32_t offsets[kLeaf];
  std::int32_t firsts[kMostQueries * kLeaf + kMostLanes];
  std::int32_t masks[kMostQueries * kLeaf + kMostLanes];
};

// What a product must exceed, for each query row: base - r^2 / 2 f.
void SetThresholds(const QueryTile& tile, const LeafGroup& group, std::int32_t* thresholds) {
  const float share = 1.00001F / static_cast<float>(tile.double_scale);
  for (std::size_t i = 0; i < tile.rows; ++i) {
    const float reach = std::min(kFarthest, tile.short_reaches[i] + group.short_error);
    thresholds[i] = tile.short_bases[i] - 2 - static_cast<std::int32_t>(reach * reach * share);
  }
}

// -||u||^2 / 2 f of vector v of a leaf, rounded up.
HWY_INLINE VInt Start(const QueryTile& tile, const std::int32_t* norms, std::size_t v) {
  const DInt d;
  const VInt loaded = hn::LoadU(d, norms + v * kLanes);
  return hn::Neg(tile.double_scale == 2 ? hn::ShiftRight<1>(loaded) : hn::ShiftRight<2>(loaded));
}

// Tests the short codes of the query rows in a list and a leaf.
template <class Products, std::size_t kDims>
HWY_INLINE void ScanLeaf(const QueryTile& tile, const LeafGroup& group, std::size_t leaf,
                         const std::uint8_t* list, std::size_t count, const std::int32_t* thresholds,
                         Hits* hits) {
  const DInt d;
  const SixteenRows<Products, kDims> rows(group.short_codes + leaf * kLeaf * tile.short_dims,
                                          tile.short_dims);
  Sums starts;
  for (std::size_t v = 0; v < kVectors; ++v) starts[v] = Start(tile, group.short_norms + leaf * kLeaf, v);
  std::size_t num_hits = hits->count;
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t query = list[n];
    Sums sums;
    for (std::size_t v = 0; v < kVectors; ++v) sums[v] = starts[v];
    rows.AddProducts(tile.short_codes + query * tile.short_dims, sums);
    std::uint32_t mask = 0;
    for (std::size_t v = 0; v < kVectors; ++v) {
      mask |= MaskBits(d, hn::Gt(sums[v], hn::Set(d, thresholds[query]))) << (v * kLanes);
    }
    hits->firsts[num_hits] = static_cast<std::int32_t>(query * kGroupRows + leaf * kLeaf);
    hits->masks[num_hits] = static_cast<std::int32_t>(mask);
    num_hits += mask != 0 ? 1 : 0;
  }
  hits->count = num_hits;
}

// The pairs of the hits, in `pairs`.
void ListPairs(const Hits& hits, CodePairs* pairs) {
  const DInt d;
  const VInt bits = hn::Shl(hn::Set(d, 1), hn::Iota(d, 0));
  std::size_t count = 0;
  for (std::size_t h = 0; h < hits.count; ++h) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto named = hn::TestBit(hn::Set(d, hits.masks[h] >> (v * kLanes)), bits);
      const VInt all = hn::Add(hn::Set(d, hits.firsts[h]), hn::LoadU(d, hits.offsets + v * kLanes));
      hn::StoreU(hn::Compress(all, named), d, pairs->pairs + count);
      count += hn::CountTrue(d, named);
    }
  }
  pairs->count = count;
}

// @tparam kMost  the longest long codes of this kind.
template <class Products, std::size_t kStart, std::size_t kMost>
void RefinePairsOfAnyDims(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs) {
  if (tile.long_dims == kMost) return RefinePairs<Products, kMost, kStart>(tile, group, pairs);
  if (tile.long_dims == 192) return RefinePairs<Products, 192, kStart>(tile, group, pairs);
  RefinePairs<Products, 0, kStart>(tile, group, pairs);
}

template <class Products, std::size_t kDims>
void FilterGroupBy(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs, FilterCounts* counts) {
  std::uint16_t leaf_masks[kMostQueries] = {};
  std::int32_t thresholds[kMostQueries];
  FindLeaves<Products, kDims>(tile, group, leaf_masks);
  SetThresholds(tile, group, thresholds);
  Hits hits;
  std::iota(hits.offsets, hits.offsets + kLeaf, 0);
  for (std::size_t leaf = 0; leaf * kLeaf < group.rows; ++leaf) {
    std::uint8_t list[kMostQueries];
    const std::size_t count = ListQueries(leaf_masks, leaf, list);
    if (count == 0) continue;
    ScanLeaf<Products, kDims>(tile, group, leaf, list, count, thresholds, &hits);
    counts->scanned += count * std::min(kLeaf, group.rows - leaf * kLeaf);
  }
  ListPairs(hits, pairs);
  counts->refined += pairs->count;
  RefinePairsOfAnyDims<Products, kLongStart, 256>(tile, group, pairs);
}

#if HWY_TARGET == HWY_AVX3
void ListHits(const TileHits& blocks, Hits* hits) {
  const DInt d;
  constexpr std::size_t kSide = TileHits::kSide;
  const VInt rows = hn::Mul(hn::Iota(d, 0), hn::Set(d, kGroupRows));
  for (std::size_t h = 0; h < blocks.count; ++h) {
    const std::size_t block = blocks.blocks[h];
    const std::size_t first = block % 4 * kSide * kGroupRows + block / 4 * kLeaf;
    const VInt masks =
        hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::uint16_t, DInt>(), blocks.masks + h * kSide));
    const VInt places = hn::Add(rows, hn::Set(d, static_cast<std::int32_t>(first)));
    const auto hit = hn::Ne(masks, hn::Zero(d));
    hn::StoreU(hn::Compress(places, hit), d, hits->firsts + hits->count);
    hn::StoreU(hn::Compress(masks, hit), d, hits->masks + hits->count);
    hits->count += hn::CountTrue(d, hit);
  }
}

void FilterGroupByTiles(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs,
                        FilterCounts* counts) {
  std::int32_t thresholds[kMostQueries];
  SetThresholds(tile, group, thresholds);
  std::size_t num_wanted = 0;
  for (std::size_t i = 0; i < kMostQueries; ++i) {
    const bool is_wanted = i < tile.rows && !std::isnan(tile.short_reaches[i]);
    num_wanted += is_wanted ? 1 : 0;
    if (!is_wanted) thresholds[i] = kNoPairs;
  }
  pairs->count = 0;
  if (num_wanted == 0) return;
  TileHits blocks;
  CompareTiles(tile, group, thresholds, &blocks);
  Hits hits;
  std::iota(hits.offsets, hits.offsets + kLeaf, 0);
  ListHits(blocks, &hits);
  counts->scanned += num_wanted * group.rows;
  ListPairs(hits, pairs);
  counts->refined += pairs->count;
  RefinePairsOfAnyDims<ByVnni, kTileDims, 384>(tile, group, pairs);
}
#endif

template <class Products>
void FilterGroupOfAnyDims(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs,
                          FilterCounts* counts) {
  if (tile.short_dims == 48) return FilterGroupBy<Products, 48>(tile, group, pairs, counts);
  return FilterGroupBy<Products, 0>(tile, group, pairs, counts);
}

void FilterGroup(const QueryTile& tile, const LeafGroup& group, CodePairs* pairs, FilterCounts* counts) {
#if HWY_TARGET == HWY_AVX3
  if (group.centre_codes == nullptr) return FilterGroupByTiles(tile, group, pairs, counts);
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
