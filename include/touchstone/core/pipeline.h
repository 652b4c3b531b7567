#pragma once

#include <functional>

namespace touchstone {

using PipelineEmit = std::function<void()>;
using PipelineWork = std::function<PipelineEmit()>;

/// Runs a stream of independent pieces of work in parallel and their closing acts in order:
///
///   next()  -> a piece of work, or an empty function at the end of the stream. One call at a time.
///   work()  -> what closes it (may be empty). Several at a time.
///   close() -> one at a time, in the order in which next() gave the work.
///
/// So reading, computing and writing of different items overlap, on the threads of the surrounding
/// WithThreads, with at most two items a thread begun and not closed. An exception from any of the
/// three ends the stream and arrives at the caller, after what has begun is through.
void RunPipeline(const std::function<PipelineWork()>& next);

}  // namespace touchstone
