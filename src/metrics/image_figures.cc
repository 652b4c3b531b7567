#include "image_figures.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "score_bins.h"
#include "set_walk.h"

namespace touchstone {
namespace {

// All defect pixels of one image in one range.
ThresholdTable TableOf(std::vector<DefectRun> runs) {
  std::sort(runs.begin(), runs.end(), [](const DefectRun& a, const DefectRun& b) { return a.key < b.key; });
  ThresholdTable table;
  for (const DefectRun& run : runs) table.Add(run);
  return table;
}

PixelMetrics PixelFigures(const PixelImage& image, const ImageDefects& defects, const AreaLimits& limits) {
  if (defects.num_pixels == 0) return UndefinedPixels("no defect region in this image", limits);
  const ThresholdTable table = TableOf(defects.runs);
  const ScoreBins bins(table.keys);
  std::vector<std::uint32_t> counts(bins.num_bins());
  std::vector<float> scratch;
  bins.Count(image.map.values.data(), image.mask->values.data(), image.map.values.size(), counts.data(),
             &scratch);
  const std::vector<std::uint64_t> anomaly_free(counts.begin(), counts.end());
  SetWalk walk(
      {defects.num_pixels, std::accumulate(anomaly_free.begin(), anomaly_free.end(), std::uint64_t{0}),
       static_cast<double>(defects.num_regions), static_cast<double>(defects.num_channels)},
      limits);
  walk.Take(table, anomaly_free);
  return walk.Finish();
}

using Threshold = std::optional<double>;

// A share of pixels at or above the threshold.
Metric ShareOf(std::uint64_t num_found, double num_all, const Threshold& threshold) {
  if (!threshold) return {std::nullopt, "the category has no threshold"};
  return {std::min(static_cast<double>(num_found) / num_all, 1.0), ""};
}

bool IsFound(float score, const Threshold& threshold) { return threshold && score >= *threshold; }

Metric FalsePositiveRate(const PixelImage& image, const Threshold& threshold) {
  std::uint64_t num_free = 0, num_found = 0;
  for (std::size_t p = 0; p < image.map.values.size(); ++p) {
    const bool is_free = !image.mask || image.mask->values[p] == 0;
    num_free += is_free ? 1 : 0;
    num_found += is_free && IsFound(image.map.values[p], threshold) ? 1 : 0;
  }
  if (num_free == 0) return {std::nullopt, "no anomaly-free pixel"};
  return ShareOf(num_found, static_cast<double>(num_free), threshold);
}

void Grow(Rect* box, int x, int y) {
  const int right = std::max(box->x + box->width, x + 1), bottom = std::max(box->y + box->height, y + 1);
  box->x = std::min(box->x, x);
  box->y = std::min(box->y, y);
  box->width = right - box->x;
  box->height = bottom - box->y;
}

// Which regions are listed: all, or the largest where there are very many; in raster order.
std::vector<std::size_t> Listed(const std::vector<std::int64_t>& areas) {
  std::vector<std::size_t> listed(areas.size());
  std::iota(listed.begin(), listed.end(), std::size_t{0});
  if (listed.size() <= kMaxRegionCovers) return listed;
  std::stable_sort(listed.begin(), listed.end(),
                   [&](std::size_t a, std::size_t b) { return areas[a] > areas[b]; });
  listed.resize(kMaxRegionCovers);
  std::sort(listed.begin(), listed.end());
  return listed;
}

std::vector<RegionCover> CoversOf(const ScoreMap& map, const Regions& regions, const Threshold& threshold) {
  std::vector<RegionCover> covers(regions.areas.size());
  std::vector<std::uint64_t> num_found(covers.size(), 0);
  std::size_t p = 0;
  for (int y = 0; y < regions.size.height; ++y) {
    for (int x = 0; x < regions.size.width; ++x, ++p) {
      if (regions.labels[p] == 0) continue;
      const auto region = static_cast<std::size_t>(regions.labels[p] - 1);
      RegionCover& cover = covers[region];
      if (cover.area_px++ == 0) {
        cover.box = {x, y, 1, 1};
        cover.peak = map.values[p];
      }
      Grow(&cover.box, x, y);
      cover.peak = std::max<double>(cover.peak, map.values[p]);
      num_found[region] += IsFound(map.values[p], threshold) ? 1 : 0;
    }
  }
  std::vector<RegionCover> listed;
  for (const std::size_t region : Listed(regions.areas)) {
    covers[region].covered =
        ShareOf(num_found[region], static_cast<double>(covers[region].area_px), threshold);
    listed.push_back(covers[region]);
  }
  return listed;
}

ChannelCover CoverOf(const DefectChannel& channel, const ScoreMap& map, const Threshold& threshold) {
  std::uint64_t num_found = 0;
  for (const std::uint32_t pixel : channel.pixels) num_found += IsFound(map.values[pixel], threshold) ? 1 : 0;
  return {static_cast<std::int64_t>(channel.pixels.size()), channel.saturation_px,
          ShareOf(num_found, channel.saturation_px, threshold)};
}

}  // namespace

ImagePixelMetrics FiguresOfImage(const PixelImage& image, const Regions& regions, const ImageDefects& defects,
                                 const AreaLimits& limits, std::optional<double> threshold) {
  const PixelMetrics figures = PixelFigures(image, defects, limits);
  ImagePixelMetrics metrics;
  metrics.ranking = figures.ranking;
  metrics.ranking.roc.clear();
  metrics.au_pro = figures.au_pro;
  metrics.au_spro = figures.au_spro;
  metrics.false_positive_rate = FalsePositiveRate(image, threshold);
  metrics.num_regions = regions.areas.size();
  metrics.regions = CoversOf(image.map, regions, threshold);
  for (const DefectChannel& channel : image.channels) {
    metrics.channels.push_back(CoverOf(channel, image.map, threshold));
  }
  return metrics;
}

}  // namespace touchstone
