#include "touchstone/core/memory.h"

#include <gtest/gtest.h>

#include <numeric>

namespace touchstone {
namespace {

constexpr std::size_t kPages = std::size_t{256} << 10;  // from here on memory is whole pages

TEST(AlignedVector, BeginsAtALineAndKeepsWhatItHolds) {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{63}, kPages - 1, kPages, kPages + 1, 5 * kPages}) {
    AlignedVector<unsigned char> bytes(size, 7);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 64, 0U) << size;
    EXPECT_EQ(std::accumulate(bytes.begin(), bytes.end(), std::size_t{0}), 7 * size);
  }
}

TEST(AlignedVector, GrowsAcrossTheKindsOfMemory) {
  AlignedVector<int> numbers;
  for (int i = 0; i < 300000; ++i) numbers.push_back(i);
  for (int i = 0; i < 300000; ++i) ASSERT_EQ(numbers[static_cast<std::size_t>(i)], i);
  const AlignedVector<int> copy = numbers;
  numbers.clear();
  numbers.shrink_to_fit();
  EXPECT_EQ(copy.back(), 299999);
}

TEST(AlignedVector, RefusesMoreThanThereIs) {
  EXPECT_THROW(AllocateLines(SIZE_MAX / 2), std::bad_alloc);
  EXPECT_THROW(CacheLineAllocator<int>().allocate(SIZE_MAX / 2), std::bad_alloc);
}

TEST(ReturnFreeMemory, LeavesWhatIsHeld) {
  const AlignedVector<int> held(1000, 3);
  ReturnFreeMemory();
  EXPECT_EQ(std::accumulate(held.begin(), held.end(), 0), 3000);
}

}  // namespace
}  // namespace touchstone
