#include "touchstone/core/memory.h"

#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace touchstone {
namespace {

constexpr std::align_val_t kCacheLine{64};
constexpr std::size_t kMost = SIZE_MAX / 4;  // more than any machine has: sanitizers would end the process
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kFewestInPages = SIZE_MAX;  // of pages it would not see what is beyond their end
#else
constexpr std::size_t kFewestInPages = std::size_t{256} << 10;
#endif

}  // namespace

void* AllocateLines(std::size_t num_bytes) {
  if (num_bytes > kMost) throw std::bad_alloc();
  if (num_bytes < kFewestInPages) return ::operator new(num_bytes, kCacheLine);
  void* const pages = mmap(nullptr, num_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return pages;
}

void FreeLines(void* memory, std::size_t num_bytes) noexcept {
  if (num_bytes < kFewestInPages) return ::operator delete(memory, kCacheLine);
  munmap(memory, num_bytes);
}

void ReturnFreeMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace touchstone
