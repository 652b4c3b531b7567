#include "touchstone/methods/anomaly_map.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "touchstone/image/map_file.h"
#include "touchstone/image/roi.h"
#include "touchstone/methods/region_weights.h"

namespace touchstone {
namespace {

ScoreMap MeanAtSize(const std::vector<ScoreMap>& grids, Size size) {
  ScoreMap mean = ResizeMap(grids[0], size);
  for (std::size_t g = 1; g < grids.size(); ++g) {
    const ScoreMap next = ResizeMap(grids[g], size);
    for (std::size_t i = 0; i < mean.values.size(); ++i) mean.values[i] += next.values[i];
  }
  if (grids.size() > 1) {
    for (float& value : mean.values) value /= static_cast<float>(grids.size());
  }
  return mean;
}

ScoreMap ExtendToFrame(const ScoreMap& map, const Rect& crop, Size frame) {
  if (map.size == frame) return map;
  ScoreMap extended{frame, std::vector<float>(static_cast<std::size_t>(frame.width) * frame.height)};
  const cv::Mat from(map.size.height, map.size.width, CV_32F, const_cast<float*>(map.values.data()));
  cv::Mat to(frame.height, frame.width, CV_32F, extended.values.data());
  cv::copyMakeBorder(from, to, crop.y, frame.height - crop.y - crop.height, crop.x,
                     frame.width - crop.x - crop.width, cv::BORDER_REPLICATE);
  return extended;
}

}  // namespace

ScoreMap Smooth(const ScoreMap& map, double sigma) {
  if (sigma <= 0) return map;
  const int kernel_px = 2 * static_cast<int>(4 * sigma + 0.5) + 1;
  ScoreMap smooth{map.size, std::vector<float>(map.values.size())};
  const cv::Mat from(map.size.height, map.size.width, CV_32F, const_cast<float*>(map.values.data()));
  cv::Mat to(map.size.height, map.size.width, CV_32F, smooth.values.data());
  cv::GaussianBlur(from, to, cv::Size(kernel_px, kernel_px), sigma, sigma, cv::BORDER_REFLECT);
  return smooth;
}

ScoreMap MakeAnomalyMap(const std::vector<ScoreMap>& grids, const MapGeometry& geometry, Size original) {
  if (grids.empty()) throw std::logic_error("MakeAnomalyMap: no grids");
  const ScoreMap input = MeanAtSize(grids, {geometry.crop.width, geometry.crop.height});
  return ResizeMap(ExtendToFrame(Smooth(input, geometry.sigma), geometry.crop, geometry.resized), original);
}

ScoreMap MakeAnomalyMap(const std::vector<ScoreMap>& grids, const MapGeometry& geometry, Size original,
                        const RegionOfInterest& looked_at) {
  std::vector<ScoreMap> weights, weighted;
  bool is_everything = true;
  for (const ScoreMap& grid : grids) {
    weights.push_back(RegionWeights(looked_at.on_frame, geometry, grid.size));
    weighted.push_back(Weighted(grid, weights.back()));
    const std::vector<float>& all = weights.back().values;
    is_everything &= std::all_of(all.begin(), all.end(), [](float weight) { return weight == 1; });
  }
  ScoreMap map = MakeAnomalyMap(weighted, geometry, original);
  if (!is_everything) {
    const ScoreMap mass = MakeAnomalyMap(weights, geometry, original);
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      if (mass.values[i] > 0) map.values[i] /= mass.values[i];
    }
  }
  ClearOutside(looked_at.mask, &map);
  return map;
}

}  // namespace touchstone
