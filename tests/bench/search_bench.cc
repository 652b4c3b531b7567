// Exact patch search against faiss's IndexFlatL2, on the same fused features, in one run.
//
// Features: the embedded EfficientNet-Lite0 on 50 normal images and one test image of the folder named by
// TOUCHSTONE_BENCH_DATA (MVTec layout; e.g. hazelnut_reduced), 224 px, K = 50. Before anything is
// timed, both searches must find the same distances.

#include <benchmark/benchmark.h>
#include <faiss/IndexFlat.h>
#include <omp.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "touchstone/backbone/extractor.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/list.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/image/reader.h"
#include "touchstone/knn/patch_search.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {
namespace {

constexpr int kThreads = 2;
constexpr std::size_t kMostImages = 50;

struct Features {
  FeatureMap query;
  std::vector<FeatureMap> gallery;
};

RowsView View(const FeatureMap& map) {
  return {map.values.data(), map.shape.num_locations(), static_cast<std::size_t>(map.shape.channels)};
}

const Features& RealFeatures() {
  static const Features features = [] {
    const char* data = std::getenv("TOUCHSTONE_BENCH_DATA");
    if (data == nullptr) throw std::runtime_error("set TOUCHSTONE_BENCH_DATA to a category in MVTec's layout");
    const Extractor extractor = Extractor::Load(FindModel(TOUCHSTONE_MODELS "/efficientnet_lite0.pt"));
    Preprocessing preprocessing;
    preprocessing.crop = Size{224, 224};
    preprocessing.mean = extractor.info().mean;
    preprocessing.stddev = extractor.info().stddev;
    const auto extract = [&](const ListedImage& listed) {
      const Image image = ReadImage(listed.file);
      return FuseLevels(extractor.Extract(Preprocess(image, preprocessing), {224, 224}).pyramid);
    };
    const std::filesystem::path root = data;
    Features found;
    found.query = extract(ListImages(root / "test").images.front());
    for (const ListedImage& listed : ListImages(root / "train").images) {
      if (found.gallery.size() < kMostImages) found.gallery.push_back(extract(listed));
    }
    return found;
  }();
  return features;
}

struct Prepared {
  Projection projection;
  std::vector<Codes> codes;
};

const Prepared& PreparedGallery() {
  static const Prepared prepared = [] {
    const Features& features = RealFeatures();
    std::vector<float> sample;
    for (const FeatureMap& map : features.gallery) {
      for (std::size_t r = 0; r < map.shape.num_locations(); r += 25) {
        sample.insert(sample.end(), map.row(r), map.row(r) + map.shape.channels);
      }
    }
    const std::size_t channels = View(features.query).cols;
    Prepared made{FitProjection({sample.data(), sample.size() / channels, channels}),
                  {}};
    for (const FeatureMap& map : features.gallery) made.codes.push_back(Encode(made.projection, MatrixRows(View(map))));
    return made;
  }();
  return prepared;
}

std::vector<PatchNeighbor> SearchOurs(SearchCounts* counts) {
  const Features& features = RealFeatures();
  const Prepared& prepared = PreparedGallery();
  std::vector<PatchNeighbor> result;
  WithThreads(kThreads, [&] {
    PatchSearch search(View(features.query), prepared.projection, 1);
    for (std::size_t i = 0; i < features.gallery.size(); ++i) {
      search.AddImage(MatrixRows(View(features.gallery[i])), prepared.codes[i], static_cast<std::int32_t>(i));
    }
    result = search.Result();
    *counts = search.counts();
  });
  return result;
}

faiss::IndexFlatL2& Index() {
  static faiss::IndexFlatL2 index(RealFeatures().query.shape.channels);
  if (index.ntotal == 0) {
    for (const FeatureMap& map : RealFeatures().gallery) {
      index.add(static_cast<faiss::Index::idx_t>(map.shape.num_locations()), map.values.data());
    }
  }
  return index;
}

std::vector<float> SearchFaiss() {
  const RowsView query = View(RealFeatures().query);
  std::vector<float> distances(query.rows);
  std::vector<faiss::Index::idx_t> labels(query.rows);
  omp_set_num_threads(kThreads);
  Index().search(static_cast<faiss::Index::idx_t>(query.rows), query.data, 1, distances.data(), labels.data());
  return distances;
}

// faiss computes |q|^2 + |g|^2 - 2 q.g, which loses digits that a direct difference keeps.
void CheckAgreement() {
  SearchCounts counts;
  const auto ours = SearchOurs(&counts);
  const auto theirs = SearchFaiss();
  double worst = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(theirs[i]) - ours[i].squared_distance) /
                                std::max(1e-9F, ours[i].squared_distance));
  }
  if (worst > 1e-3) throw std::runtime_error("the two searches disagree");
  std::printf("largest relative difference between the two searches: %.2e\n", worst);
}

void BM_PatchSearch(benchmark::State& state) {
  SearchCounts counts;
  for (auto _ : state) benchmark::DoNotOptimize(SearchOurs(&counts));
  const auto pairs = static_cast<double>(counts.pairs);
  state.counters["refined"] = static_cast<double>(counts.refined) / pairs;
  state.counters["measured"] = static_cast<double>(counts.measured) / pairs;
}

void BM_PrepareGalleryImage(benchmark::State& state) {
  const Features& features = RealFeatures();
  const Prepared& prepared = PreparedGallery();
  for (auto _ : state) {
    benchmark::DoNotOptimize(Encode(prepared.projection, MatrixRows(View(features.gallery[0]))));
  }
}

void BM_FaissIndexFlatL2(benchmark::State& state) {
  Index();
  for (auto _ : state) benchmark::DoNotOptimize(SearchFaiss());
}

// Interleaved by --benchmark_enable_random_interleaving=true.
BENCHMARK(BM_PatchSearch)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_FaissIndexFlatL2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_PrepareGalleryImage)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  try {
    touchstone::CheckAgreement();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
