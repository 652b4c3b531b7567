#include "app/map_scale.h"

#include <algorithm>
#include <cmath>

#include "touchstone/core/text.h"
#include "touchstone/methods/fusion.h"
#include "touchstone/methods/gaussians.h"

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
  const bool is_spade = options.method == Method::kSpade;
  double spread = PatchSpread(FuseLevels(gallery.ReadPyramid(0, options.levels)),
                              is_spade ? options.distance : Distance::kL2);
  if (options.method == Method::kPadim) spread /= std::sqrt(kPadimRidge);  // the only variance of one image
  return {0, spread > 0 ? spread : 1, "the spread of the patches of the only image"};
}

}  // namespace

MapGeometry GeometryOf(const Preprocessing& preprocessing, double sigma) {
  return {preprocessing.resize, CropRect(preprocessing), sigma};
}

ScoreMap MapOfGallery(const Gallery& gallery, double sigma, const std::vector<ScoreMap>& grids,
                      Size original) {
  const MapGeometry geometry = GeometryOf(gallery.manifest().preprocessing, sigma);
  return gallery.roi() ? MakeAnomalyMap(grids, geometry, original,
                                        RegionOfInterest{*gallery.roi(), *gallery.roi_on_frame()})
                       : MakeAnomalyMap(grids, geometry, original);
}

std::size_t NumForScale(std::size_t num_images) { return std::min(kMostImages, num_images); }

MapScale MeasureMapScale(const Gallery& gallery, const ScoringOptions& options, ProgressSink& progress) {
  if (!gallery.HasFeatures()) return gallery.manifest().map_scale;  // of the same unit at least
  const std::vector<std::size_t> images =
      DrawOwnImages(gallery.num_images(), NumForScale(gallery.num_images()), options.seed);
  return ScaleOf(ScoreOwnImages(gallery, options, images, progress), gallery, options);
}

MapScale ScaleOf(std::vector<OwnScore> scores, const Gallery& gallery, const ScoringOptions& options) {
  if (scores.empty()) return ScaleOfOneImage(gallery, options);
  scores.resize(std::min(kMostImages, scores.size()));
  double low = 0, highest = 0;
  for (const OwnScore& score : scores) {
    low += score.map_high / static_cast<double>(scores.size());
    highest = std::max(highest, score.map_max);
  }
  const double high = 2 * highest;
  return {low, high > low ? high : low + 1,
          "maps of " + CountText(scores.size(), "normal image", "normal images") +
              ", each scored against the others"};
}

MapScale ScaleOfThreshold(double threshold) {
  return {0.75 * threshold, 2 * threshold, "the pixel threshold"};
}

HeatmapOptions HeatmapOptionsFor(const Gallery& gallery, const ScoringOptions& options,
                                 ProgressSink& progress) {
  const GalleryManifest& manifest = gallery.manifest();
  HeatmapOptions heatmap;
  MapScale scale = manifest.map_scale;
  heatmap.looked_at = gallery.roi();
  if (!gallery.HasOwnRoi() || !ScoreAlike(options, manifest.options, gallery.num_images())) {
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
