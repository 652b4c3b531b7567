#include "app/map_scale.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "touchstone/core/parallel.h"
#include "touchstone/methods/fusion.h"
#include "touchstone/methods/spade.h"

namespace touchstone {
namespace {

constexpr std::size_t kMostImages = 8;

// The mean distance of the patches of one image from their mean patch.
double PatchSpread(const FeatureMap& map, Distance distance) {
  const auto channels = static_cast<std::size_t>(map.shape.channels);
  const std::size_t locations = map.shape.num_locations();
  std::vector<double> mean(channels);
  for (std::size_t p = 0; p < locations; ++p) {
    for (std::size_t c = 0; c < channels; ++c) mean[c] += map.row(p)[c] / static_cast<double>(locations);
  }
  double sum = 0;
  for (std::size_t p = 0; p < locations; ++p) {
    double squared = 0;
    for (std::size_t c = 0; c < channels; ++c) squared += std::pow(map.row(p)[c] - mean[c], 2);
    sum += distance == Distance::kL2 ? std::sqrt(squared) : squared;
  }
  return sum / static_cast<double>(locations);
}

MapScale ScaleOfOneImage(const Gallery& gallery, const ScoringOptions& options) {
  const double spread = PatchSpread(FuseLevels(gallery.ReadPyramid(0, options.levels)), options.distance);
  return {0, spread > 0 ? spread : 1, "the spread of the patches of the only image"};
}

// With an image left out, fewer patches may be there than -k asks for: then all of them count.
ScoringOptions WithOneImageLess(const Gallery& gallery, ScoringOptions options) {
  const std::size_t num_patches = NumPatches(options, gallery.level_shapes(), gallery.num_images() - 1);
  options.num_neighbors =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options.num_neighbors), num_patches));
  return options;
}

// The map of one of the gallery's own images, scored against all the others.
ScoreMap LeaveOneOutMap(const Gallery& gallery, const SpadeScorer& scorer, std::size_t image) {
  const Preprocessing& preprocessing = gallery.manifest().preprocessing;
  const SpadeScores scores = scorer.Score(gallery.ReadFeatures(image), image, {{image}, {}});
  return MakeAnomalyMap(scores.grids, GeometryOf(preprocessing, scorer.options().sigma),
                        preprocessing.resize);
}

// Whether two sets of options make the same maps.
bool MakeSameMaps(ScoringOptions a, const ScoringOptions& b) {
  a.image_score = b.image_score;
  return a == b;
}

}  // namespace

MapGeometry GeometryOf(const Preprocessing& preprocessing, double sigma) {
  return {preprocessing.resize, CropRect(preprocessing), sigma};
}

MapScale MeasureMapScale(const Gallery& gallery, const ScoringOptions& options, ProgressSink& progress) {
  if (gallery.num_images() == 1) return ScaleOfOneImage(gallery, options);
  const SpadeScorer scorer(gallery, WithOneImageLess(gallery, options));
  const std::size_t count = std::min(kMostImages, gallery.num_images());
  std::vector<ScoreMap> maps(count);
  std::mutex mutex;
  progress.Begin("scale", count);
  ParallelFor(count, [&](std::size_t i) {
    if (progress.Interrupted()) return;
    const std::size_t image = i * gallery.num_images() / count;
    maps[i] = LeaveOneOutMap(gallery, scorer, image);
    const std::lock_guard<std::mutex> lock(mutex);
    progress.Advance();
  });
  progress.End();
  std::vector<float> pixels;
  for (const ScoreMap& map : maps) pixels.insert(pixels.end(), map.values.begin(), map.values.end());
  if (pixels.empty()) return {};
  std::sort(pixels.begin(), pixels.end());
  const double low = pixels[static_cast<std::size_t>(0.99 * static_cast<double>(pixels.size() - 1))];
  const double high = 2.0 * pixels.back();
  return {low, high > low ? high : low + 1,
          "maps of " + std::to_string(count) + " normal images, each scored against the others"};
}

MapScale ScaleOfThreshold(double threshold) {
  return {0.75 * threshold, 2 * threshold, "the pixel threshold"};
}

HeatmapOptions HeatmapOptionsFor(const Gallery& gallery, const ScoringOptions& options,
                                 ProgressSink& progress) {
  const GalleryManifest& manifest = gallery.manifest();
  HeatmapOptions heatmap;
  MapScale scale = manifest.map_scale;
  if (!MakeSameMaps(options, manifest.options)) {
    scale = MeasureMapScale(gallery, options, progress);
  } else if (manifest.calibration) {
    heatmap.threshold = ThresholdsOf(*manifest.calibration, ImageScore::kMapMax).pixel;
    if (heatmap.threshold && *heatmap.threshold > 0) scale = ScaleOfThreshold(*heatmap.threshold);
  }
  heatmap.white_level = manifest.preprocessing.white_level;
  heatmap.low = scale.low;
  heatmap.high = scale.high;
  return heatmap;
}

}  // namespace touchstone
