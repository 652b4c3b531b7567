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

using D = hn::CappedTag<float, 16>;  // at most 16 lanes, so that a block is a whole number of pairs
using V = hn::Vec<D>;
using DInt = hn::CappedTag<std::int32_t, 16>;
using VInt = hn::Vec<DInt>;

// Query rows that share one pass over a block: with two vectors each they fill the registers.
constexpr std::size_t kRowsAtOnce = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 8 : 4;

template <class Tag>
HWY_INLINE std::uint32_t MaskBits(Tag d, hn::Mask<Tag> mask) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8;
}

// How sum + products of each lane's four bytes is done, `a` within [0, 254] and `b` within [-63, 63].
// Highway 1.0 has no name for these instructions, which do 2 to 4 times what float ones do.
struct ByPairs {
#if HWY_TARGET == HWY_AVX3
  static HWY_INLINE VInt AddProducts(VInt sum, VInt a, VInt b) {
    const __m512i pairs = _mm512_maddubs_epi16(a.raw, b.raw);  // 2 * 254 * 63 < 2^15
    return hn::Add(sum, VInt{_mm512_madd_epi16(pairs, _mm512_set1_epi16(1))});
  }
#elif HWY_TARGET == HWY_AVX2
  static HWY_INLINE VInt AddProducts(VInt sum, VInt a, VInt b) {
    const __m256i pairs = _mm256_maddubs_epi16(a.raw, b.raw);
    return hn::Add(sum, VInt{_mm256_madd_epi16(pairs, _mm256_set1_epi16(1))});
  }
#elif HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
  static HWY_INLINE VInt AddProducts(VInt sum, VInt a, VInt b) {
    const __m128i pairs = _mm_maddubs_epi16(a.raw, b.raw);
    return hn::Add(sum, VInt{_mm_madd_epi16(pairs, _mm_set1_epi16(1))});
  }
#else  // with what every CPU has
  static HWY_INLINE VInt AddProducts(VInt sum, VInt a, VInt b) {
    const DInt d;
    for (int byte = 0; byte < 4; ++byte) {
      const VInt signed_byte = hn::ShiftRight<24>(hn::ShiftLeft<24>(b));
      sum = hn::Add(sum, hn::Mul(hn::And(a, hn::Set(d, 255)), signed_byte));
      a = hn::ShiftRight<8>(a);
      b = hn::ShiftRight<8>(b);
    }
    return sum;
  }
#endif
};

#if HWY_TARGET == HWY_AVX3
// One instruction for all of it. In assembler, since this target of Highway does not enable it.
struct ByVnni {
  static HWY_INLINE VInt AddProducts(VInt sum, VInt a, VInt b) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};
#endif

// Four bytes of a code, as one lane.
template <typename Byte>
HWY_INLINE std::int32_t FourBytes(const Byte* bytes) {
  std::int32_t lane;
  std::memcpy(&lane, bytes, sizeof(lane));
  return lane;
}

// As many bytes of a code as a vector holds.
template <typename Byte>
HWY_INLINE VInt LoadLanes(DInt d, const Byte* bytes) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(d, FourBytes(bytes));
#else
  return hn::BitCast(d, hn::LoadU(hn::Repartition<Byte, DInt>(), bytes));
#endif
}

template <class Products, std::size_t kRows>
HWY_INLINE void ScanRows(const std::int8_t* HWY_RESTRICT queries, std::size_t depth,
                         const std::uint8_t* HWY_RESTRICT block, const std::int32_t* HWY_RESTRICT starts,
                         const std::int32_t* HWY_RESTRICT thresholds, std::uint32_t* HWY_RESTRICT masks) {
  const DInt d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < kRows; ++r) masks[r] = 0;
  for (std::size_t column = 0; column < kKernelBlock; column += 2 * lanes) {
    VInt low[kRows], high[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      low[r] = hn::LoadU(d, starts + column);
      high[r] = hn::LoadU(d, starts + column + lanes);
    }
    for (std::size_t t = 0; t < depth; t += 4) {
      const VInt b0 = LoadLanes(d, block + t * kKernelBlock + column * 4);
      const VInt b1 = LoadLanes(d, block + t * kKernelBlock + (column + lanes) * 4);
      for (std::size_t r = 0; r < kRows; ++r) {
        const VInt query = hn::Set(d, FourBytes(queries + r * depth + t));
        low[r] = Products::AddProducts(low[r], b0, query);
        high[r] = Products::AddProducts(high[r], b1, query);
      }
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      const VInt least = hn::Set(d, thresholds[r] - 1);
      masks[r] |= MaskBits(d, hn::Gt(low[r], least)) << column;
      masks[r] |= MaskBits(d, hn::Gt(high[r], least)) << (column + lanes);
    }
  }
}

template <class Products>
HWY_INLINE void ScanAllRows(const std::int8_t* queries, std::size_t rows, std::size_t depth,
                            const std::uint8_t* block, const std::int32_t* starts,
                            const std::int32_t* thresholds, std::uint32_t* masks) {
  std::size_t row = 0;
  for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce) {
    ScanRows<Products, kRowsAtOnce>(queries + row * depth, depth, block, starts, thresholds + row,
                                    masks + row);
  }
  for (; row < rows; ++row) {
    ScanRows<Products, 1>(queries + row * depth, depth, block, starts, thresholds + row, masks + row);
  }
}

void ScanBlock(const std::int8_t* queries, std::size_t rows, std::size_t depth, const std::uint8_t* block,
               const std::int32_t* starts, const std::int32_t* thresholds, std::uint32_t* masks) {
#if HWY_TARGET == HWY_AVX3
  if (UseVnni()) {
    ScanAllRows<ByVnni>(queries, rows, depth, block, starts, thresholds, masks);
    return;
  }
#endif
  ScanAllRows<ByPairs>(queries, rows, depth, block, starts, thresholds, masks);
}

void ScanThresholds(const float* reaches, float error, const std::int32_t* bases, std::size_t rows,
                    std::int32_t* thresholds) {
  constexpr float kMost = 1e9F;  // everything is nearer than that
  for (std::size_t i = 0; i < rows; ++i) {
    const float reach = reaches[i] + error;
    const float share = std::min(reach * reach * (0.25F * 1.000001F), kMost);
    thresholds[i] = bases[i] - 1 - static_cast<std::int32_t>(share);
  }
}

// The numbers of the bits that are set in each byte, so that bits become a list without a branch.
struct BitLists {
  std::uint16_t bits[256][8];
  BitLists() : bits() {
    for (int byte = 0; byte < 256; ++byte) {
      for (int bit = 0, n = 0; bit < 8; ++bit) {
        if ((byte >> bit & 1) != 0) bits[byte][n++] = static_cast<std::uint16_t>(bit);
      }
    }
  }
};

// Writes the pairs that masks name as 32 * query + row; `list` has room for 8 more than there are.
HWY_INLINE std::size_t ListPairs(const std::uint32_t* masks, std::size_t rows, std::uint16_t* list) {
  static const BitLists kLists;
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::uint32_t byte = 0; byte < 4; ++byte) {
      const std::uint32_t bits = masks[i] >> (8 * byte) & 255;
      const auto first = static_cast<std::uint16_t>(i * kKernelBlock + 8 * byte);
      for (std::size_t n = 0; n < 8; ++n) {
        list[count + n] = static_cast<std::uint16_t>(first + kLists.bits[bits][n]);
      }
      count += hwy::PopCount(bits);
    }
  }
  return count;
}

template <class Products>
HWY_INLINE std::size_t RefineList(const LongQueries& queries, const LongBlock& block,
                                  const std::uint16_t* list, std::size_t count, RefinedPair* pairs) {
  const DInt d;
  const std::size_t lane_bytes = hn::Lanes(d) * 4;
  std::size_t num_passed = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t i = list[n] / kKernelBlock, j = list[n] % kKernelBlock;
    const std::int8_t* query = queries.codes + i * block.dims;
    const std::uint8_t* row = block.codes + j * block.dims;
    VInt sum = hn::Zero(d);
    for (std::size_t byte = 0; byte < block.dims; byte += lane_bytes) {
      sum = Products::AddProducts(sum, LoadLanes(d, row + byte), LoadLanes(d, query + byte));
    }
    // ||u(a) - u(b)||^2 with u(a) = 2 v, and u(b) stored with Codes::kZero added
    const std::int32_t product = hn::GetLane(hn::SumOfLanes(d, sum));
    const auto squared = static_cast<float>(block.norms[j] + 4 * (queries.bases[i] - product));
    const float reach = queries.reaches[i] + block.errors[j];
    pairs[num_passed] = {list[n], squared};
    num_passed += squared <= reach * reach * 1.000001F ? 1 : 0;
  }
  return num_passed;
}

std::size_t RefineBlock(const LongQueries& queries, const LongBlock& block, const std::uint32_t* masks,
                        RefinedPair* pairs, std::uint64_t* num_tested) {
  std::uint16_t list[64 * kKernelBlock + 8];
  const std::size_t count = ListPairs(masks, queries.rows, list);
  *num_tested += count;
#if HWY_TARGET == HWY_AVX3
  if (UseVnni()) return RefineList<ByVnni>(queries, block, list, count, pairs);
#endif
  return RefineList<ByPairs>(queries, block, list, count, pairs);
}

void RoundColumns(const float* coordinates, std::size_t depth, float scale, float limit, std::int8_t* codes,
                  RoundedColumns* columns) {
  const D d;
  const DInt di;
  for (std::size_t j = 0; j < kKernelBlock; j += hn::Lanes(d)) {
    VInt sums = hn::Zero(di), squares = hn::Zero(di);
    V errors = hn::Zero(d);
    for (std::size_t t = 0; t < depth; ++t) {
      const V scaled = hn::Mul(hn::LoadU(d, coordinates + t * kKernelBlock + j), hn::Set(d, scale));
      const V bounded = hn::Min(hn::Max(scaled, hn::Set(d, -limit)), hn::Set(d, limit));
      const VInt whole = hn::NearestInt(bounded);
      const V error = hn::Sub(scaled, hn::ConvertTo(d, whole));
      sums = hn::Add(sums, whole);
      squares = hn::Add(squares, hn::Mul(whole, whole));
      errors = hn::MulAdd(error, error, errors);
      hn::StoreU(hn::DemoteTo(hn::Rebind<std::int8_t, D>(), whole), hn::Rebind<std::int8_t, D>(),
                 codes + t * kKernelBlock + j);
    }
    hn::StoreU(sums, di, columns->sums + j);
    hn::StoreU(squares, di, columns->squares + j);
    hn::StoreU(errors, d, columns->errors + j);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace touchstone {

HWY_EXPORT(ScanBlock);
HWY_EXPORT(ScanThresholds);
HWY_EXPORT(RefineBlock);
HWY_EXPORT(RoundColumns);

void ScanBlock(const std::int8_t* queries, std::size_t rows, std::size_t depth, const std::uint8_t* block,
               const std::int32_t* starts, const std::int32_t* thresholds, std::uint32_t* masks) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(ScanBlock)(queries, rows, depth, block, starts, thresholds, masks);
}

void ScanThresholds(const float* reaches, float error, const std::int32_t* bases, std::size_t rows,
                    std::int32_t* thresholds) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(ScanThresholds)(reaches, error, bases, rows, thresholds);
}

std::size_t RefineBlock(const LongQueries& queries, const LongBlock& block, const std::uint32_t* masks,
                        RefinedPair* pairs, std::uint64_t* num_tested) {
  ChooseTarget();
  return HWY_DYNAMIC_DISPATCH(RefineBlock)(queries, block, masks, pairs, num_tested);
}

void RoundColumns(const float* coordinates, std::size_t depth, float scale, float limit, std::int8_t* codes,
                  RoundedColumns* columns) {
  ChooseTarget();
  HWY_DYNAMIC_DISPATCH(RoundColumns)(coordinates, depth, scale, limit, codes, columns);
}

}  // namespace touchstone
#endif  // HWY_ONCE
