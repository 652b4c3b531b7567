// The pixel figures of 200 maps of 500x300 uniform numbers with a 10x10 defect in the corner of each: a set
// whose AU-PRO the official MVTec script gives as 0.1510192660313794 (its false-positive rates are float32,
// so 1e-6 is as close as anybody gets). `worst` is the distance from that. The peer is std::sort of the same
// 30 million values, where every method begins that orders all pixels.

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "bench_main.h"
#include "metrics/pixel_metrics_fixture.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr double kGolden = 0.1510192660313794;
constexpr double kLimit = 0.3;

const MemoryCategory& Category() {
  static const MemoryCategory category = [] {
    constexpr Size kSize{500, 300};
    NumpyUniform uniform(1338);
    MemoryCategory made;
    for (int i = 0; i < 200; ++i) {
      ScoreMap map{kSize, {}};
      for (int p = 0; p < kSize.width * kSize.height; ++p)
        map.values.push_back(static_cast<float>(uniform()));
      made.Add("defect", std::move(map), MakeMask(kSize, [](int x, int y) { return x < 10 && y < 10; }));
    }
    return made;
  }();
  return category;
}

double AuPro() { return *ComputePixelMetrics(Category().Source(), {kLimit}).overall.au_pro[0].value; }

void CheckGolden() {
  if (std::abs(AuPro() - kGolden) > 1e-6)
    throw std::runtime_error("AU-PRO differs from the official script's");
}

void BM_PixelMetrics(benchmark::State& state) {
  WithThreads(static_cast<int>(state.range(0)), [&] {
    for (auto _ : state) benchmark::DoNotOptimize(ComputePixelMetrics(Category().Source(), {kLimit}));
    state.counters["worst"] = std::abs(AuPro() - kGolden);
  });
}

void BM_SortAllPixels(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<float> values;
    for (const PixelImage& image : Category().images)
      values.insert(values.end(), image.map.values.begin(), image.map.values.end());
    std::sort(values.begin(), values.end());
    benchmark::DoNotOptimize(values.data());
  }
}

BENCHMARK(BM_PixelMetrics)->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_SortAllPixels)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) { return touchstone::RunBenchmarks(argc, argv, &touchstone::CheckGolden); }
