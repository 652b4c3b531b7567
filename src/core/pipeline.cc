#include "touchstone/core/pipeline.h"

#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <cstddef>
#include <vector>

#include "core/hand_over.h"

namespace touchstone {
namespace {

// One piece of work on its way; between the stages travels its address.
struct Item {
  PipelineWork work;
  PipelineEmit close;
};

class Pipeline {
 public:
  Pipeline(const std::function<PipelineWork()>& next, std::size_t max_items)
      : next_(next), items_(max_items) {}

  // Items are closed in the order in which they are taken, so the oldest place is free again.
  Item* Take(tbb::flow_control* control) {
    const Turn turn(&take_tag_);
    Item& item = items_[num_taken_++ % items_.size()];
    const Turn turn_of_item(&item);
    item.work = next_();
    if (item.work) return &item;
    control->stop();
    return nullptr;
  }

  static Item* Work(Item* item) {
    const Turn turn(item);
    item->close = item->work();
    return item;
  }

  void Close(Item* item) {
    const Turn turn(&close_tag_);
    const Turn turn_of_item(item);
    if (item->close) item->close();
    *item = {};
  }

 private:
  const std::function<PipelineWork()>& next_;
  std::vector<Item> items_;
  std::size_t num_taken_ = 0;
  char take_tag_ = 0, close_tag_ = 0;  // of the two serial stages
};

}  // namespace

void RunPipeline(const std::function<PipelineWork()>& next) {
  const auto max_items = static_cast<std::size_t>(2 * tbb::this_task_arena::max_concurrency());
  Pipeline pipeline(next, max_items);
  const Wait wait;
  const auto take = [&](tbb::flow_control& control) {
    const Piece piece;
    return pipeline.Take(&control);
  };
  const auto work = [&](Item* item) {
    const Piece piece;
    return Pipeline::Work(item);
  };
  const auto close = [&](Item* item) {
    const Piece piece;
    pipeline.Close(item);
  };
  tbb::parallel_pipeline(max_items,
                         tbb::make_filter<void, Item*>(tbb::filter_mode::serial_in_order, take) &
                             tbb::make_filter<Item*, Item*>(tbb::filter_mode::parallel, work) &
                             tbb::make_filter<Item*, void>(tbb::filter_mode::serial_in_order, close));
}

}  // namespace touchstone
