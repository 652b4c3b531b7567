#include "touchstone/core/pipeline.h"

#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

namespace touchstone {

void RunPipeline(const std::function<PipelineWork()>& next) {
  const auto take = [&](tbb::flow_control& control) {
    PipelineWork work = next();
    if (!work) control.stop();
    return work;
  };
  const auto run = [](const PipelineWork& work) { return work ? work() : PipelineEmit(); };
  const auto close = [](const PipelineEmit& emit) {
    if (emit) emit();
  };
  const auto max_items = static_cast<std::size_t>(2 * tbb::this_task_arena::max_concurrency());
  tbb::parallel_pipeline(max_items,
                         tbb::make_filter<void, PipelineWork>(tbb::filter_mode::serial_in_order, take) &
                             tbb::make_filter<PipelineWork, PipelineEmit>(tbb::filter_mode::parallel, run) &
                             tbb::make_filter<PipelineEmit, void>(tbb::filter_mode::serial_in_order, close));
}

}  // namespace touchstone
