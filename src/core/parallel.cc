#include "touchstone/core/parallel.h"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "core/hand_over.h"

namespace touchstone {

int HardwareThreads() { return tbb::info::default_concurrency(); }

void WithThreads(int num_threads, const std::function<void()>& work) {
  tbb::task_arena arena(num_threads > 0 ? num_threads : tbb::task_arena::automatic);
  // TBB never starts more workers than the machine has cores unless it is told so.
  tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                            static_cast<std::size_t>(arena.max_concurrency()));
  arena.execute(work);
}

void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& body) {
  if (count == 0) return;
  const Wait wait;
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
      const Piece piece;
      body(i);
    });
  });
}

void RunBoth(const std::function<void()>& first, const std::function<void()>& second) {
  ParallelFor(2, [&](std::size_t i) { (i == 0 ? first : second)(); });
}

}  // namespace touchstone
