#include "touchstone/core/memory.h"

#include <gtest/gtest.h>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <vector>

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

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)  // which never gives pages back
TEST(AllocateLines, TakesWholePagesFromTheSystemAndGivesThemBack) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* const memory = static_cast<unsigned char*>(AllocateLines(kPages));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % page, 0U);
  std::fill(memory, memory + kPages, 1);
  unsigned char resident[1];
  EXPECT_EQ(mincore(memory, page, resident), 0);
  FreeLines(memory, kPages);
  EXPECT_EQ(mincore(memory, page, resident), -1);
  EXPECT_EQ(errno, ENOMEM);
}
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
std::size_t ResidentPages() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident;
}

// Between blocks that stay, so that the heap cannot shrink by itself.
TEST(ReturnFreeMemory, GivesHolesOfTheHeapBack) {
  constexpr std::size_t kBlock = 100000, kCount = 300;
  std::vector<std::vector<char>> freed, held;
  for (std::size_t i = 0; i < kCount; ++i) {
    freed.emplace_back(kBlock, 'a');
    held.emplace_back(1000, 'b');
  }
  freed.clear();
  const std::size_t before = ResidentPages();
  ReturnFreeMemory();
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  EXPECT_LT(ResidentPages() + kBlock * kCount / page / 2, before);
  EXPECT_EQ(held.back().back(), 'b');
}
#endif

TEST(ReturnFreeMemory, LeavesWhatIsHeld) {
  const AlignedVector<int> held(1000, 3);
  ReturnFreeMemory();
  EXPECT_EQ(std::accumulate(held.begin(), held.end(), 0), 3000);
}

}  // namespace
}  // namespace touchstone
