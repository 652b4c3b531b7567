#include "touchstone/core/usage.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>

namespace touchstone {
namespace {

// Fills pages and sums them, so that they are resident and nothing is optimised away. The pages come from the
// system and go back to it at once: of what is freed, the address sanitizer keeps 256 MB.
std::size_t Touch(std::size_t bytes) {
  void* const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return 0;
  auto* const pages = static_cast<unsigned char*>(mapped);
  std::fill(pages, pages + bytes, static_cast<unsigned char>(1));
  std::size_t sum = 0;
  for (std::size_t i = 0; i < bytes; i += 4096) sum += pages[i];
  munmap(mapped, bytes);
  return sum;
}

TEST(CpuSeconds, GrowsByWorkAndNotByWaiting) {
  const double before = CpuSeconds();
  std::size_t sum = 0;
  for (int i = 0; i < 1000 && CpuSeconds() < before + 0.02; ++i) sum += Touch(std::size_t{1} << 20);
  EXPECT_GT(sum, 0U);
  EXPECT_GE(CpuSeconds(), before + 0.02);
}

TEST(PeakMemory, IsOfItsStretchAlone) {
  constexpr std::size_t kLarge = std::size_t{200} << 20, kSmall = std::size_t{20} << 20;
  const PeakMemory first;
  if (!first.Bytes()) GTEST_SKIP() << "this system does not restart the peak of a process";
  EXPECT_GT(Touch(kLarge), 0U);
  const std::uint64_t large = first.Bytes().value();
  EXPECT_GE(large, kLarge);
  const PeakMemory second;
  const std::uint64_t start = second.Bytes().value();
  EXPECT_LT(start, large - kLarge / 2);
  EXPECT_GT(Touch(kSmall), 0U);
  const std::uint64_t small = second.Bytes().value();
  EXPECT_GE(small, start + kSmall / 2);
  EXPECT_LT(small, large - kLarge / 2);
}

}  // namespace
}  // namespace touchstone
