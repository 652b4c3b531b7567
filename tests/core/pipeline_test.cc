#include "touchstone/core/pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr int kThreads[] = {1, 2, 7};

// Uneven work, so that items overtake each other.
void Dawdle(int i) { std::this_thread::sleep_for(std::chrono::microseconds((i * 7919) % 13 * 100)); }

// Sends 0, 1, ... count - 1 through a pipeline.
void RunNumbers(int count, const std::function<void(int)>& work, const std::function<void(int)>& close) {
  int next = 0;
  RunPipeline([&]() -> PipelineWork {
    if (next == count) return {};
    return [&, i = next++]() -> PipelineEmit {
      work(i);
      return [&close, i] { close(i); };
    };
  });
}

TEST(RunPipeline, ClosesInOrderWhateverTheThreads) {
  for (const int threads : kThreads) {
    std::vector<int> closed;
    WithThreads(threads, [&] { RunNumbers(100, Dawdle, [&](int i) { closed.push_back(i); }); });
    ASSERT_EQ(closed.size(), 100U) << threads;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(closed[i], i) << threads;
  }
}

TEST(RunPipeline, EndsAtOnceOnAnEmptyStream) {
  int calls = 0;
  RunPipeline([&]() -> PipelineWork {
    ++calls;
    return {};
  });
  EXPECT_EQ(calls, 1);
}

TEST(RunPipeline, AllowsWorkWithNothingToClose) {
  std::atomic<int> worked{0};
  int next = 0;
  WithThreads(2, [&] {
    RunPipeline([&]() -> PipelineWork {
      if (next++ == 10) return {};
      return [&]() -> PipelineEmit {
        ++worked;
        return {};
      };
    });
  });
  EXPECT_EQ(worked, 10);
}

TEST(RunPipeline, WorksInParallelAndClosesOneAtATime) {
  std::atomic<int> working{0}, most_working{0}, closing{0};
  std::atomic<bool> overlapped{false};
  WithThreads(4, [&] {
    RunNumbers(
        60,
        [&](int) {
          const int now = ++working;
          int most = most_working;
          while (now > most && !most_working.compare_exchange_weak(most, now)) {
          }
          const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
          do {  // until there is company
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          } while (most_working < 2 && std::chrono::steady_clock::now() < deadline);
          --working;
        },
        [&](int) {
          if (++closing > 1) overlapped = true;
          --closing;
        });
  });
  EXPECT_GE(most_working, 2);
  EXPECT_LE(most_working, 4);
  EXPECT_FALSE(overlapped);
}

TEST(RunPipeline, HasAtMostTwoItemsAThreadBegunAndNotClosed) {
  for (const int threads : kThreads) {
    std::atomic<int> open{0}, most{0};
    int next = 0;
    WithThreads(threads, [&] {
      RunPipeline([&]() -> PipelineWork {
        if (next++ == 100) return {};
        const int now = ++open;
        if (now > most) most = now;
        return [&, i = next]() -> PipelineEmit {
          Dawdle(i);
          return [&] { --open; };
        };
      });
    });
    EXPECT_LE(most, 2 * threads);
  }
}

TEST(RunPipeline, HandsOnAnExceptionOfWork) {
  for (const int threads : kThreads) {
    std::vector<int> closed;
    const auto run = [&] {
      RunNumbers(
          1000,
          [](int i) {
            if (i == 20) throw std::out_of_range("20");
          },
          [&](int i) { closed.push_back(i); });
    };
    EXPECT_THROW(WithThreads(threads, run), std::out_of_range) << threads;
    EXPECT_LE(closed.size(), 20U) << "something after the failed item was closed";
    for (std::size_t i = 0; i < closed.size(); ++i) EXPECT_EQ(closed[i], static_cast<int>(i));
  }
}

TEST(RunPipeline, HandsOnAnExceptionOfClosing) {
  for (const int threads : kThreads) {
    int last = -1;
    const auto close = [&](int i) {
      last = i;
      if (i == 20) throw std::out_of_range("20");
    };
    EXPECT_THROW(WithThreads(threads, [&] { RunNumbers(1000, Dawdle, close); }), std::out_of_range);
    EXPECT_EQ(last, 20);
  }
}

TEST(RunPipeline, HandsOnAnExceptionOfTheStream) {
  for (const int threads : kThreads) {
    int next = 0;
    const auto run = [&] {
      RunPipeline([&]() -> PipelineWork {
        if (next++ == 5) throw std::out_of_range("5");
        return []() -> PipelineEmit { return {}; };
      });
    };
    EXPECT_THROW(WithThreads(threads, run), std::out_of_range);
    EXPECT_EQ(next, 6);
  }
}

TEST(RunPipeline, MayHoldParallelLoops) {
  std::atomic<int> turns{0};
  WithThreads(3, [&] {
    RunNumbers(
        20, [&](int) { ParallelFor(10, [&](std::size_t) { ++turns; }); }, [](int) {});
  });
  EXPECT_EQ(turns, 200);
}

}  // namespace
}  // namespace touchstone
