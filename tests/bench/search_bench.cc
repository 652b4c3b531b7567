// Exact patch search of one image among 50 against faiss's IndexFlatL2 (blocked brute force: a BLAS product)
// on the same fused features, in one run. Before anything is timed, both searches must find the same
// distances.
//
// real    the features of TOUCHSTONE_BENCH_MODEL (default: the embedded extractor) at TOUCHSTONE_BENCH_SIDE
//         pixels (default 224, cut from 256; a larger side is not cut) on 50 normal images and one test
//         image of TOUCHSTONE_BENCH_DATA, a category in MVTec's layout. Left out without that variable.
// noise   independent normal numbers, 3,136 x 176: every patch is about as far from every other, so that no
//         bound rules anything out.
// equal   every row the same: all distances are 0.
//
// touchstone_levels, of real alone, makes rows as score does, from the levels when they are looked at, and
// with the coarsest level's products; touchstone finds all rows in memory.
//
// `worst` is the largest relative difference of the distances (faiss computes |q|^2 + |g|^2 - 2 q.g, which
// loses digits that a direct difference keeps; where all distances are 0, relative to the rows' squared
// norm); `refined` and `measured` are the shares of pairs that pass the short codes and all codes; `by_head`
// are those of the latter that need no distance over all channels.

#include <benchmark/benchmark.h>
#include <faiss/IndexFlat.h>
#include <omp.h>

#include <cmath>
#include <cstdio>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>

#include "bench_main.h"
#include "methods/coarse_distances.h"
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
constexpr std::size_t kImages = 50;
constexpr double kFaissRounding = 1e-5;  // of the squared norm: what a product in float32 may lose
constexpr FeatureShape kNoiseShape{56, 56, 176};

RowsView View(const FeatureMap& map) {
  return {map.values.data(), map.shape.num_locations(), static_cast<std::size_t>(map.shape.channels)};
}

using Pyramid = std::vector<FeatureMap>;

struct Features {
  FeatureMap query;
  std::vector<FeatureMap> gallery;
  Pyramid query_levels;  // what they were fused from, if they were
  std::vector<Pyramid> gallery_levels;
};

Features RealFeatures(const std::filesystem::path& root) {
  const Extractor extractor = Extractor::Load(
      FindModel(Setting("TOUCHSTONE_BENCH_MODEL", TOUCHSTONE_MODELS "/efficientnet_lite0.pt")));
  const int side = std::stoi(Setting("TOUCHSTONE_BENCH_SIDE", "224"));
  Preprocessing preprocessing;
  preprocessing.resize = Size{std::max(side, 256), std::max(side, 256)};
  if (side < 256) preprocessing.crop = Size{side, side};
  preprocessing.mean = extractor.info().mean;
  preprocessing.stddev = extractor.info().stddev;
  const auto extract = [&](const ListedImage& listed) {
    const Image image = ReadImage(listed.file);
    return extractor.Extract(Preprocess(image, preprocessing), {side, side}).pyramid;
  };
  Features found;
  found.query_levels = extract(ListImages(root / "test").images.front());
  found.query = FuseLevels(found.query_levels);
  for (const ListedImage& listed : ListImages(root / "train").images) {
    if (found.gallery.size() == kImages) break;
    found.gallery_levels.push_back(extract(listed));
    found.gallery.push_back(FuseLevels(found.gallery_levels.back()));
  }
  return found;
}

Features Noise() {
  std::mt19937 generator(0);
  std::normal_distribution<float> normal;
  const auto draw = [&] {
    FeatureMap map{kNoiseShape, std::vector<float>(kNoiseShape.num_values())};
    for (float& value : map.values) value = normal(generator);
    return map;
  };
  Features features{draw(), {}, {}, {}};
  while (features.gallery.size() < kImages) features.gallery.push_back(draw());
  return features;
}

Features Equal() {
  FeatureMap map = Noise().query;
  const auto channels = static_cast<std::size_t>(map.shape.channels);
  for (std::size_t i = channels; i < map.values.size(); ++i) map.values[i] = map.values[i % channels];
  return {map, std::vector<FeatureMap>(kImages, map), {}, {}};
}

// One set of features, ready to be searched both ways.
class Case {
 public:
  Case(const std::string& name, Features features)
      : name_(name), features_(std::move(features)), index_(features_.query.shape.channels) {
    std::vector<float> sample;
    for (const FeatureMap& map : features_.gallery) {
      for (std::size_t r = 0; r < map.shape.num_locations(); r += 25) {
        sample.insert(sample.end(), map.row(r), map.row(r) + map.shape.channels);
      }
    }
    const std::size_t channels = View(features_.query).cols;
    projection_ =
        std::make_unique<Projection>(FitProjection({sample.data(), sample.size() / channels, channels}));
    for (const FeatureMap& map : features_.gallery) {
      codes_.push_back(Encode(*projection_, MatrixRows(View(map))));
      index_.add(static_cast<faiss::Index::idx_t>(map.shape.num_locations()), map.values.data());
    }
    CheckAgreement(SearchOurs(nullptr));
    if (HasLevels()) CheckAgreement(SearchLevels(nullptr));
  }

  void Register() {
    const auto add = [this](const std::string& what, const auto& body) {
      benchmark::RegisterBenchmark((what + "/" + name_).c_str(), body)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    };
    add("touchstone", [this](benchmark::State& state) { TimeOurs(state, &Case::SearchOurs); });
    if (HasLevels()) {
      add("touchstone_levels", [this](benchmark::State& state) { TimeOurs(state, &Case::SearchLevels); });
    }
    add("faiss_IndexFlatL2", [this](benchmark::State& state) {
      for (auto _ : state) benchmark::DoNotOptimize(SearchFaiss());
    });
    add("encode_gallery_image", [this](benchmark::State& state) {
      WithThreads(1, [&] {  // as score does it: one image on each thread
        for (auto _ : state)
          benchmark::DoNotOptimize(Encode(*projection_, MatrixRows(View(features_.gallery[0]))));
      });
    });
  }

 private:
  std::vector<PatchNeighbor> SearchOurs(SearchCounts* counts) const {
    std::vector<PatchNeighbor> result;
    WithThreads(kThreads, [&] {
      PatchSearch search(View(features_.query), *projection_, 1);
      for (std::size_t i = 0; i < features_.gallery.size(); ++i) {
        search.AddImage(MatrixRows(View(features_.gallery[i])), codes_[i], static_cast<std::int32_t>(i));
      }
      result = search.Result();
      if (counts != nullptr) *counts = search.counts();
    });
    return result;
  }

  // As score does it: rows are interpolated when they are looked at.
  std::vector<PatchNeighbor> SearchLevels(SearchCounts* counts) const {
    std::vector<PatchNeighbor> result;
    WithThreads(kThreads, [&] {
      const FusedRows query(features_.query_levels);
      std::optional<CoarseDistances::Query> coarse;
      if (CoarseDistances::CanPay(query)) coarse.emplace(query, *projection_);
      PatchSearch search(View(features_.query), EncodeQuery(*projection_, query), *projection_, 1);
      for (std::size_t i = 0; i < features_.gallery_levels.size(); ++i) {
        const FusedRows rows(features_.gallery_levels[i]);
        std::optional<CoarseDistances> tail;
        if (coarse) tail.emplace(*coarse, rows);
        search.AddImage(rows, codes_[i], static_cast<std::int32_t>(i), nullptr, tail ? &*tail : nullptr);
      }
      result = search.Result();
      if (counts != nullptr) *counts = search.counts();
    });
    return result;
  }

  bool HasLevels() const { return !features_.query_levels.empty(); }

  std::vector<float> SearchFaiss() const {
    const RowsView query = View(features_.query);
    std::vector<float> distances(query.rows);
    std::vector<faiss::Index::idx_t> labels(query.rows);
    omp_set_num_threads(kThreads);
    index_.search(static_cast<faiss::Index::idx_t>(query.rows), query.data, 1, distances.data(),
                  labels.data());
    return distances;
  }

  void CheckAgreement(const std::vector<PatchNeighbor>& ours) {
    const auto theirs = SearchFaiss();
    const RowsView query = View(features_.query);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      double norm = 0;
      for (std::size_t c = 0; c < query.cols; ++c)
        norm += static_cast<double>(query.row(i)[c]) * query.row(i)[c];
      const double distance = ours[i].squared_distance;
      const double difference = std::abs(static_cast<double>(theirs[i]) - distance);
      worst_ = std::max(worst_, difference / (distance > 1e-6 * norm ? distance : norm));
      if (difference > 1e-4 * distance + kFaissRounding * norm) {
        throw std::runtime_error(name_ + ": the two searches disagree");
      }
    }
  }

  void TimeOurs(benchmark::State& state,
                std::vector<PatchNeighbor> (Case::*search)(SearchCounts*) const) const {
    SearchCounts counts;
    for (auto _ : state) benchmark::DoNotOptimize((this->*search)(&counts));
    const auto pairs = static_cast<double>(counts.pairs);
    state.counters["refined"] = static_cast<double>(counts.refined) / pairs;
    state.counters["measured"] = static_cast<double>(counts.measured) / pairs;
    state.counters["by_head"] = static_cast<double>(counts.by_head) / pairs;
    state.counters["worst"] = worst_;
  }

  std::string name_;
  Features features_;
  std::unique_ptr<Projection> projection_;
  std::vector<Codes> codes_;
  faiss::IndexFlatL2 index_;
  double worst_ = 0;
};

// The cases named in TOUCHSTONE_BENCH_CASES (default: all); they live as long as the program.
void RegisterCases() {
  static std::list<Case> cases;
  const std::string wanted = Setting("TOUCHSTONE_BENCH_CASES", "real noise equal");
  const auto is_wanted = [&](const char* name) { return wanted.find(name) != std::string::npos; };
  const std::string data = Setting("TOUCHSTONE_BENCH_DATA", "");
  if (data.empty()) std::fprintf(stderr, "real: left out, TOUCHSTONE_BENCH_DATA is not set\n");
  if (is_wanted("real") && !data.empty()) cases.emplace_back("real", RealFeatures(data));
  if (is_wanted("noise")) cases.emplace_back("noise", Noise());
  if (is_wanted("equal")) cases.emplace_back("equal", Equal());
  for (Case& one : cases) one.Register();
}

}  // namespace
}  // namespace touchstone

// Interleaved by --benchmark_enable_random_interleaving=true.
int main(int argc, char** argv) { return touchstone::RunBenchmarks(argc, argv, &touchstone::RegisterCases); }
