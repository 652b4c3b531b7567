#include "touchstone/core/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace touchstone {
namespace {

// Counts how many are inside at once. Each stays until `wanted` are, or for a moment once that many were
// seen.
class Crowd {
 public:
  explicit Crowd(int wanted) : wanted_(wanted) {}
  void Visit() {
    const int now = ++inside_;
    int most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    do {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (most_ < wanted_ && std::chrono::steady_clock::now() < deadline);
    --inside_;
  }
  int most() const { return most_; }

 private:
  int wanted_;
  std::atomic<int> inside_{0}, most_{0};
};

TEST(ParallelFor, CallsEveryIndexOnce) {
  for (const int threads : {1, 2, 7}) {
    for (const std::size_t count : {0, 1, 2, 63, 1000}) {
      std::vector<std::atomic<int>> calls(count);
      WithThreads(threads, [&] { ParallelFor(count, [&](std::size_t i) { ++calls[i]; }); });
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(calls[i], 1) << threads << " threads, index " << i;
    }
  }
}

TEST(ParallelFor, RethrowsAtTheCaller) {
  for (const int threads : {1, 2, 7}) {
    const auto work = [] {
      ParallelFor(100, [](std::size_t i) {
        if (i == 57) throw std::out_of_range("57");
      });
    };
    EXPECT_THROW(WithThreads(threads, work), std::out_of_range) << threads;
  }
}

TEST(ParallelFor, MayBeNested) {
  std::atomic<int> calls{0};
  WithThreads(3,
              [&] { ParallelFor(10, [&](std::size_t) { ParallelFor(10, [&](std::size_t) { ++calls; }); }); });
  EXPECT_EQ(calls, 100);
}

// A thread that waits for an inner loop must not begin another turn of an outer one: it could hold a lock.
TEST(ParallelFor, WaitsWithoutTakingUpOtherWork) {
  std::atomic<bool> taken_up{false};
  WithThreads(4, [&] {
    ParallelFor(64, [&](std::size_t) {
      thread_local bool in_outer_turn = false;
      if (in_outer_turn) taken_up = true;
      in_outer_turn = true;
      ParallelFor(16, [](std::size_t) { std::this_thread::sleep_for(std::chrono::microseconds(50)); });
      in_outer_turn = false;
    });
  });
  EXPECT_FALSE(taken_up);
}

TEST(WithThreads, RunsAtMostThatManyAtOnce) {
  for (const int threads : {1, 2, 7}) {
    Crowd crowd(std::min(threads, 2));
    WithThreads(threads, [&] { ParallelFor(60, [&](std::size_t) { crowd.Visit(); }); });
    EXPECT_LE(crowd.most(), threads);
    EXPECT_GE(crowd.most(), std::min(threads, 2)) << "nothing ran in parallel";
  }
}

TEST(WithThreads, CountsTheCallerAmongItsThreads) {
  std::vector<std::thread::id> ids(20);
  WithThreads(1, [&] { ParallelFor(20, [&](std::size_t i) { ids[i] = std::this_thread::get_id(); }); });
  for (const std::thread::id& id : ids) EXPECT_EQ(id, std::this_thread::get_id());
}

TEST(WithThreads, HandsOnExceptions) {
  EXPECT_THROW(WithThreads(2, [] { throw std::domain_error("x"); }), std::domain_error);
}

TEST(HardwareThreads, IsNotChangedByALimit) {
  const int threads = HardwareThreads();
  ASSERT_GE(threads, 1);
  WithThreads(threads + 3, [&] { EXPECT_EQ(HardwareThreads(), threads); });
  WithThreads(1, [&] { EXPECT_EQ(HardwareThreads(), threads); });
}

}  // namespace
}  // namespace touchstone
