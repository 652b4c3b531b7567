#pragma once

#include <cstddef>
#include <functional>

namespace touchstone {

/// The number of hardware threads this process may use (>= 1).
int HardwareThreads();

/// Runs `work` with at most `num_threads` threads (0 = HardwareThreads()) for every ParallelFor
/// and every pipeline inside it, this thread included. Exceptions of `work` arrive at the caller.
void WithThreads(int num_threads, const std::function<void()>& work);

/// Calls body(i) for every i in [0, count), on the threads of the surrounding WithThreads, each
/// i exactly once and in no fixed order. The first exception is rethrown here. A waiting thread
/// takes up no other work than this loop's, so calls may be nested and may run inside a pipeline.
void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& body);

/// Calls both, in parallel where there are two threads, as ParallelFor does.
void RunBoth(const std::function<void()>& first, const std::function<void()>& second);

}  // namespace touchstone
