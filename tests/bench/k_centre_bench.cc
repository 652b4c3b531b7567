// The coreset selection of patchcore against the plain greedy loop. TOUCHSTONE_BENCH_DATA: a category in
// MVTec's layout, of whose normal images the first 243 are taken (243 * 28 * 28 = 190,512 patches);
// TOUCHSTONE_BENCH_MODEL: the extractor (default: the embedded one), levels 2 and 3, 224 px. The plain loop
// computes the distance of every row to each chosen one; it costs the same for each, so that it is run for
// the first 300 and its time multiplied. Those must be the first 300 of the selection too.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <stdexcept>

#include "bench_main.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/list.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/image/reader.h"
#include "touchstone/knn/distance.h"
#include "touchstone/knn/k_centre.h"
#include "touchstone/methods/coreset.h"
#include "touchstone/methods/patch_features.h"

namespace touchstone {
namespace {

constexpr std::size_t kMostImages = 243, kPlainPicks = 300;
constexpr int kThreads = 2;

struct Rows {
  std::vector<float> values;
  std::size_t cols = 0;
  RowsView view() const { return {values.data(), values.size() / cols, cols}; }
};

Rows ProjectedPatches() {
  const Extractor extractor =
      Extractor::Load(Setting("TOUCHSTONE_BENCH_MODEL", TOUCHSTONE_MODELS "/efficientnet_lite0.pt"));
  Preprocessing preprocessing;
  preprocessing.crop = Size{224, 224};
  preprocessing.mean = extractor.info().mean;
  preprocessing.stddev = extractor.info().stddev;
  const std::filesystem::path data = Setting("TOUCHSTONE_BENCH_DATA", "");
  std::vector<ListedImage> images = ListImages(data / "train").images;
  images.resize(std::min(images.size(), kMostImages));
  std::vector<std::vector<float>> projected(images.size());
  Rows rows;
  ParallelFor(images.size(), [&](std::size_t i) {
    const std::vector<float> input = Preprocess(ReadImage(images[i].file), preprocessing);
    const ImageFeatures features = extractor.Extract(input, {224, 224});
    const FeatureMap patches = PatchFeatures({features.pyramid[1], features.pyramid[2]}, Pooling::kPaper);
    const SparseProjection projection(static_cast<std::size_t>(patches.shape.channels), 0);
    const std::size_t dims = projection.num_dims();
    projected[i].resize(patches.shape.num_locations() * dims);
    for (std::size_t p = 0; p < patches.shape.num_locations(); ++p) {
      projection.Project(patches.row(p), projected[i].data() + p * dims);
    }
    if (i == 0) rows.cols = dims;
  });
  for (const auto& values : projected) rows.values.insert(rows.values.end(), values.begin(), values.end());
  if (rows.values.empty())
    throw std::runtime_error("set TOUCHSTONE_BENCH_DATA to a category in MVTec's layout");
  return rows;
}

// The plain loop, from a given first row.
std::vector<std::size_t> PlainPicks(RowsView rows, std::size_t first, std::size_t count) {
  constexpr std::size_t kBlock = 4096;
  struct Farthest {
    float distance;
    std::size_t row;
  };
  std::vector<float> nearest(rows.rows, std::numeric_limits<float>::infinity());
  std::vector<std::size_t> picks{first};
  while (picks.size() < count) {
    const float* pick = rows.row(picks.back());
    std::vector<Farthest> farthest((rows.rows + kBlock - 1) / kBlock, {-1, 0});
    ParallelFor(farthest.size(), [&](std::size_t block) {
      for (std::size_t r = block * kBlock; r < std::min(rows.rows, (block + 1) * kBlock); ++r) {
        nearest[r] = std::min(nearest[r], SquaredDistance(rows.row(r), pick, rows.cols));
        if (nearest[r] > farthest[block].distance) farthest[block] = {nearest[r], r};
      }
    });
    const auto best =
        std::max_element(farthest.begin(), farthest.end(),
                         [](const Farthest& a, const Farthest& b) { return a.distance < b.distance; });
    picks.push_back(best->row);
  }
  return picks;
}

template <typename Work>
double SecondsOf(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Run() {
  const Rows rows = ProjectedPatches();
  const RowsView view = rows.view();
  const std::size_t count = view.rows / 10;
  std::vector<std::size_t> ours, plain;
  KCentreCounts counts;
  const double ours_s = SecondsOf([&] { ours = GreedyKCentre(view, count, {}, &counts); });
  const double plain_s = SecondsOf([&] { plain = PlainPicks(view, ours[0], std::min(kPlainPicks, count)); });
  if (!std::equal(plain.begin(), plain.end(), ours.begin()))
    throw std::runtime_error("the plain loop picks other rows");
  const double whole_s = plain_s / static_cast<double>(plain.size() - 1) * static_cast<double>(count);
  std::printf(
      "%zu of %zu rows x %zu: ours %.1f s (%.2f %% of the distances), plain loop %.1f s (%zu picks: %.2f "
      "s)\n",
      count, view.rows, view.cols, ours_s,
      100 * static_cast<double>(counts.distances) / static_cast<double>(view.rows) /
          static_cast<double>(count),
      whole_s, plain.size(), plain_s);
  std::printf("%.1f times as fast\n", whole_s / ours_s);
}

}  // namespace
}  // namespace touchstone

int main() {
  try {
    touchstone::WithThreads(touchstone::kThreads, [] { touchstone::Run(); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
