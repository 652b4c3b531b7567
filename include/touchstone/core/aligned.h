#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace touchstone {

constexpr std::size_t kCacheLine = 64;

/// For std::vector: memory that begins at a cache line, so that no aligned load of up to 64 bytes takes two.
/// Cut out of a larger piece: glibc before 2.38 asks for aligned memory in a way that cannot reuse what was
/// freed of the same size, and a long run of large vectors then grows.
template <class T>
struct CacheLineAllocator {
  using value_type = T;
  CacheLineAllocator() = default;
  template <class Other>
  explicit CacheLineAllocator(const CacheLineAllocator<Other>&) {}

  T* allocate(std::size_t count) {
    static_assert(alignof(std::max_align_t) >= sizeof(void*), "room for the piece's address before the line");
    if (count > (SIZE_MAX - kCacheLine) / sizeof(T)) throw std::bad_array_new_length();
    auto* const piece = static_cast<unsigned char*>(::operator new(count * sizeof(T) + kCacheLine));
    const std::size_t past_line = reinterpret_cast<std::uintptr_t>(piece) % kCacheLine;
    unsigned char* const begin = piece + (kCacheLine - past_line);
    std::memcpy(begin - sizeof(piece), &piece, sizeof(piece));
    return reinterpret_cast<T*>(begin);
  }

  void deallocate(T* memory, std::size_t) {
    unsigned char* piece;
    std::memcpy(&piece, reinterpret_cast<unsigned char*>(memory) - sizeof(piece), sizeof(piece));
    ::operator delete(piece);
  }

  friend bool operator==(const CacheLineAllocator&, const CacheLineAllocator&) { return true; }
  friend bool operator!=(const CacheLineAllocator&, const CacheLineAllocator&) { return false; }
};

template <class T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace touchstone
