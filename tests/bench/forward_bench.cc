// The bare forward pass of an extractor: TOUCHSTONE_BENCH_MODEL (default: the embedded one) on square inputs
// of TOUCHSTONE_BENCH_SIDE pixels (default 256), one pass a thread, as score runs it. The column `global_sum`
// is the sum of the global feature: the same for every number of threads.

#include <stdexcept>

#include "bench_main.h"
#include "touchstone/backbone/extractor.h"

namespace touchstone {
namespace {

const Extractor& TheExtractor() {
  static const Extractor extractor =
      Extractor::Load(Setting("TOUCHSTONE_BENCH_MODEL", TOUCHSTONE_MODELS "/efficientnet_lite0.pt"));
  return extractor;
}

Size InputSize() {
  const int side = std::stoi(Setting("TOUCHSTONE_BENCH_SIDE", "256"));
  return {side, side};
}

const std::vector<float>& Input() {
  static const std::vector<float> input = [] {
    const Size size = InputSize();
    std::vector<float> values(std::size_t{3} * size.width * size.height);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(i * 7919 % 511) / 128.0F - 2.0F;
    return values;
  }();
  return input;
}

double GlobalSum() {
  double sum = 0;
  for (const float value : TheExtractor().Extract(Input(), InputSize()).global) sum += value;
  return sum;
}

void CheckRepeats() {
  if (GlobalSum() != GlobalSum()) throw std::runtime_error("two passes over one input differ");
}

void BM_Forward(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(TheExtractor().Extract(Input(), InputSize()));
  state.counters["global_sum"] = benchmark::Counter(GlobalSum(), benchmark::Counter::kAvgThreads);
}

BENCHMARK(BM_Forward)->Unit(benchmark::kMillisecond)->UseRealTime()->Threads(1)->Threads(2);

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) { return touchstone::RunBenchmarks(argc, argv, &touchstone::CheckRepeats); }
