// The search of a patchcore gallery's bank: TOUCHSTONE_BENCH_GALLERY (a gallery folder of `fit --method
// patchcore`) for the patches of a few images of TOUCHSTONE_BENCH_DATA (a category in MVTec's layout), one
// image after the other on one thread, as score runs it. Before anything is timed, what it finds for every
// 50th patch is compared with a plain loop over the bank.

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "bench_main.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/list.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/image/reader.h"
#include "touchstone/methods/bank_search.h"
#include "touchstone/methods/patch_features.h"
#include "touchstone/methods/scorer.h"
#include "touchstone/store/gallery.h"
#include "touchstone/store/model_file.h"

namespace touchstone {
namespace {

constexpr std::size_t kImages = 5;

struct Inputs {
  PatchBank bank;
  std::vector<FeatureMap> images;
};

std::string Required(const char* name) {
  const std::string value = Setting(name, "");
  if (value.empty()) throw std::runtime_error(std::string("set ") + name);
  return value;
}

const Inputs& TheInputs() {
  static const Inputs inputs = [] {
    const Gallery gallery = Gallery::Open(Required("TOUCHSTONE_BENCH_GALLERY"), GalleryCheck::kDigests);
    const GalleryManifest& manifest = gallery.manifest();
    const Extractor extractor = Extractor::Load(gallery.extractor_file());
    Inputs made{ReadBank(gallery), {}};
    const std::filesystem::path test = std::filesystem::path(Required("TOUCHSTONE_BENCH_DATA")) / "test";
    for (const ListedImage& listed : ListImages(test).images) {
      if (made.images.size() == kImages) break;
      const std::vector<float> input = Preprocess(ReadImage(listed.file), manifest.preprocessing);
      const ImageFeatures features = extractor.Extract(input, NetworkInputSize(manifest.preprocessing));
      made.images.push_back(PatchFeatures(
          SelectLevels(features, gallery.level_shapes(), manifest.options.levels), manifest.options.pooling));
    }
    return made;
  }();
  return inputs;
}

RowsView View(const FeatureMap& map) {
  return {map.values.data(), map.shape.num_locations(), static_cast<std::size_t>(map.shape.channels)};
}

const BankSearch& TheSearch() {
  static const std::unique_ptr<BankSearch> search = MakeExactBankSearch(TheInputs().bank.patches);
  return *search;
}

void CheckAgainstPlainLoop() {
  const RowsView bank = TheInputs().bank.patches;
  for (const FeatureMap& image : TheInputs().images) {
    const std::vector<Neighbor> found = TheSearch().Nearest(View(image), 1, {});
    for (std::size_t p = 0; p < found.size(); p += 50) {
      Neighbor best{0, SquaredDistance(image.row(p), bank.row(0), bank.cols)};
      for (std::size_t row = 1; row < bank.rows; ++row) {
        const float distance = SquaredDistance(image.row(p), bank.row(row), bank.cols);
        if (distance < best.squared_distance) best = {row, distance};
      }
      if (best.row != found[p].row || best.squared_distance != found[p].squared_distance)
        throw std::runtime_error("another patch is nearest");
    }
  }
}

void BM_OpenBank(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(MakeExactBankSearch(TheInputs().bank.patches));
  state.counters["patches"] = static_cast<double>(TheInputs().bank.patches.rows);
}

void BM_SearchBank(benchmark::State& state) {
  std::size_t next = 0;
  WithThreads(1, [&] {
    for (auto _ : state) {
      benchmark::DoNotOptimize(TheSearch().Nearest(View(TheInputs().images[next++ % kImages]), 1, {}));
    }
  });
}

BENCHMARK(BM_OpenBank)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_SearchBank)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) {
  return touchstone::RunBenchmarks(argc, argv, &touchstone::CheckAgainstPlainLoop);
}
