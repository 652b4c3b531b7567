// Products of bytes, for each instruction set. Included once for each by Highway, after highway.h.
#if defined(TOUCHSTONE_KNN_BYTE_PRODUCTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TOUCHSTONE_KNN_BYTE_PRODUCTS_INL_H
#undef TOUCHSTONE_KNN_BYTE_PRODUCTS_INL_H
#else
#define TOUCHSTONE_KNN_BYTE_PRODUCTS_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace touchstone {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DInt = hn::CappedTag<std::int32_t, 16>;
using VInt = hn::Vec<DInt>;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr std::size_t kLanes = hn::MaxLanes(DInt());
constexpr std::size_t kMostLanes = 16;

// Four bytes of a query row, as one lane.
HWY_INLINE std::int32_t FourBytes(const std::int8_t* bytes) {
  std::int32_t lane;
  std::memcpy(&lane, bytes, sizeof(lane));
  return lane;
}

// Four bytes in each lane.
HWY_INLINE VInt LoadFours(DInt d, const void* bytes) {
#if HWY_TARGET == HWY_SCALAR
  std::int32_t lane;
  std::memcpy(&lane, bytes, sizeof(lane));
  return hn::Set(d, lane);
#else
  return hn::BitCast(
      d, hn::LoadU(hn::Repartition<std::uint8_t, DInt>(), static_cast<const std::uint8_t*>(bytes)));
#endif
}

// How each lane's sum + products of its four bytes with those of `query` is done; rows are within [0, 254].
// Highway 1.0 has no name for these instructions, which do 2 to 4 times what float ones do.
struct ByPairs {  // query within [-63, 63]: 2 * 254 * 63 < 2^15
#if HWY_TARGET == HWY_AVX3
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, VInt query) {
    const __m512i pairs = _mm512_maddubs_epi16(rows.raw, query.raw);
    return hn::Add(sum, VInt{_mm512_madd_epi16(pairs, _mm512_set1_epi16(1))});
  }
#elif HWY_TARGET == HWY_AVX2
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, VInt query) {
    const __m256i pairs = _mm256_maddubs_epi16(rows.raw, query.raw);
    return hn::Add(sum, VInt{_mm256_madd_epi16(pairs, _mm256_set1_epi16(1))});
  }
#elif HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, VInt query) {
    const __m128i pairs = _mm_maddubs_epi16(rows.raw, query.raw);
    return hn::Add(sum, VInt{_mm_madd_epi16(pairs, _mm_set1_epi16(1))});
  }
#else  // with what every CPU has
  static HWY_INLINE VInt AddProducts(VInt sum, VInt rows, VInt query) {
    const DInt d;
    for (int byte = 0; byte < 4; ++byte) {
      const VInt signed_byte = hn::ShiftRight<24>(hn::ShiftLeft<24>(query));
      sum = hn::Add(sum, hn::Mul(hn::And(rows, hn::Set(d, 255)), signed_byte));
      rows = hn::ShiftRight<8>(rows);
      query = hn::ShiftRight<8>(query);
    }
    return sum;
  }
#endif
  static HWY_INLINE VInt AddBroadcast(VInt sum, VInt rows, const std::int8_t* query) {
    return AddProducts(sum, rows, hn::Set(DInt(), FourBytes(query)));
  }
  static HWY_INLINE VInt AddVectors(VInt sum, VInt rows, const std::int8_t* query) {
    return AddProducts(sum, rows, LoadFours(DInt(), query));
  }
};

#if HWY_TARGET == HWY_AVX3
// One instruction for all of it, query within [-127, 127]. In assembler, since this target of Highway does
// not enable it.
struct ByVnni {
  static HWY_INLINE VInt AddVectors(VInt sum, VInt rows, const std::int8_t* query) {
    __asm__("vpdpbusd %2, %1, %0"
            : "+v"(sum.raw)
            : "v"(rows.raw), "m"(*reinterpret_cast<const __m512i_u*>(query)));
    return sum;
  }
  static HWY_INLINE VInt AddBroadcast(VInt sum, VInt rows, const std::int8_t* query) {
    using Lane = std::int32_t __attribute__((may_alias, aligned(1)));
    __asm__("vpdpbusd %2%{1to16%}, %1, %0"
            : "+v"(sum.raw)
            : "v"(rows.raw), "m"(*reinterpret_cast<const Lane*>(query)));
    return sum;
  }
};
#endif

}  // namespace HWY_NAMESPACE
}  // namespace touchstone
HWY_AFTER_NAMESPACE();

#endif  // TOUCHSTONE_KNN_BYTE_PRODUCTS_INL_H
