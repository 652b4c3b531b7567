#pragma once

#if defined(TOUCHSTONE_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace touchstone {

// oneTBB comes without the thread sanitizer's instrumentation, so the sanitizer does not see that a loop's
// turns begin after its caller's writes and end before its caller goes on. The files that call TBB are
// therefore built without it too (CMakeLists.txt), and say by these two where work passes from thread to
// thread. In every other build they are nothing.

/// What this thread wrote so far is for whoever takes over the same `tag`.
inline void HandOver([[maybe_unused]] void* tag) {
#if defined(TOUCHSTONE_THREAD_SANITIZER)
  __tsan_release(tag);
#endif
}

inline void TakeOver([[maybe_unused]] void* tag) {
#if defined(TOUCHSTONE_THREAD_SANITIZER)
  __tsan_acquire(tag);
#endif
}

/// Takes over now and hands over at the end of its scope, exceptions included: one after the other with the
/// same tag.
class Turn {
 public:
  explicit Turn(void* tag) : tag_(tag) { TakeOver(tag_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { HandOver(tag_); }

 private:
  void* tag_;
};

// Only their addresses matter.
inline void* TagOfBeginnings() {
  static char tag;
  return &tag;
}
inline void* TagOfEnds() {
  static char tag;
  return &tag;
}

/// Around what other threads do for this one: they see what was written before it, this thread what they
/// wrote.
class Wait {
 public:
  Wait() { HandOver(TagOfBeginnings()); }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() { TakeOver(TagOfEnds()); }
};

/// Around a piece of work that somebody waits for. Two such pieces are not ordered by it.
class Piece {
 public:
  Piece() { TakeOver(TagOfBeginnings()); }
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  ~Piece() { HandOver(TagOfEnds()); }
};

}  // namespace touchstone
