// The bare forward pass of an extractor: TOUCHSTONE_BENCH_MODEL (default: the embedded one) on square inputs
// of TOUCHSTONE_BENCH_SIDE pixels (default 256), one pass a thread, as score runs it; with all outputs, and
// with the levels alone, as patchcore and padim have it. The column `sum` is of the global feature and of the
// last level: the same for every number of threads.

#include <cstring>
#include <stdexcept>

#include "bench_main.h"
#include "touchstone/backbone/extractor.h"

namespace touchstone {
namespace {

Extractor Load(WantedOutputs wanted) {
  return Extractor::Load(Setting("TOUCHSTONE_BENCH_MODEL", TOUCHSTONE_MODELS "/efficientnet_lite0.pt"),
                         wanted);
}

const Extractor& OfAllOutputs() {
  static const Extractor extractor = Load({});
  return extractor;
}

const Extractor& OfLevels() {
  static const Extractor extractor = Load({0, false});
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

double SumOf(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum;
}

double Sum(const Extractor& extractor) {
  const ImageFeatures features = extractor.Extract(Input(), InputSize());
  return SumOf(features.global) + SumOf(features.pyramid.back().values);
}

void CheckOutputs() {
  if (Sum(OfAllOutputs()) != Sum(OfAllOutputs()))
    throw std::runtime_error("two passes over one input differ");
  const ImageFeatures all = OfAllOutputs().Extract(Input(), InputSize());
  const ImageFeatures levels = OfLevels().Extract(Input(), InputSize());
  for (std::size_t l = 0; l < all.pyramid.size(); ++l) {
    const std::vector<float>&a = all.pyramid[l].values, &b = levels.pyramid[l].values;
    if (a.size() != b.size() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) != 0) {
      throw std::runtime_error("levels alone are other bytes than beside the global feature");
    }
  }
}

void Run(benchmark::State& state, const Extractor& extractor) {
  for (auto _ : state) benchmark::DoNotOptimize(extractor.Extract(Input(), InputSize()));
  state.counters["sum"] = benchmark::Counter(Sum(extractor), benchmark::Counter::kAvgThreads);
}

void BM_AllOutputs(benchmark::State& state) { Run(state, OfAllOutputs()); }
void BM_Levels(benchmark::State& state) { Run(state, OfLevels()); }

BENCHMARK(BM_AllOutputs)->Unit(benchmark::kMillisecond)->UseRealTime()->Threads(1)->Threads(2);
BENCHMARK(BM_Levels)->Unit(benchmark::kMillisecond)->UseRealTime()->Threads(1)->Threads(2);

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) { return touchstone::RunBenchmarks(argc, argv, &touchstone::CheckOutputs); }
