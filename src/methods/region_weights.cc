#include "touchstone/methods/region_weights.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace touchstone {
namespace {

// Does the region reach into pixels [first, last) of an axis of `frame` pixels? Both in pixels of the mask.
struct Span {
  int first, last;
};

Span UnderPixel(int pixel, int frame, int mask) {
  const auto wide = std::int64_t{mask};
  return {static_cast<int>(pixel * wide / frame), static_cast<int>(((pixel + 1) * wide + frame - 1) / frame)};
}

// The pixels of the crop that are looked at, 1 or 0, with what the map repeats of them outside the crop.
cv::Mat InCrop(const Mask& on_frame, const MapGeometry& geometry) {
  const Rect& crop = geometry.crop;
  cv::Mat inside = cv::Mat::zeros(crop.height, crop.width, CV_32F);
  std::size_t pixel = 0;
  for (int y = 0; y < geometry.resized.height; ++y) {
    for (int x = 0; x < geometry.resized.width; ++x, ++pixel) {
      if (on_frame.values[pixel] == 0) continue;
      inside.at<float>(std::clamp(y - crop.y, 0, crop.height - 1),
                       std::clamp(x - crop.x, 0, crop.width - 1)) = 1;
    }
  }
  return inside;
}

}  // namespace

Mask OverFrame(const Mask& looked_at, Size frame) {
  if (looked_at.size == frame) return looked_at;
  const auto [width, height] = looked_at.size;
  const cv::Mat values(height, width, CV_8U, const_cast<std::uint8_t*>(looked_at.values.data()));
  cv::Mat is_yes, counts;  // of zeros and ones: sums of 255 would leave 32 bits at 8.4 million pixels
  cv::threshold(values, is_yes, 0, 1, cv::THRESH_BINARY);
  cv::integral(is_yes, counts, CV_32S);
  Mask covered{frame, {}};
  for (int y = 0; y < frame.height; ++y) {
    const Span rows = UnderPixel(y, frame.height, height);
    for (int x = 0; x < frame.width; ++x) {
      const Span columns = UnderPixel(x, frame.width, width);
      const int count = counts.at<int>(rows.last, columns.last) - counts.at<int>(rows.first, columns.last) -
                        counts.at<int>(rows.last, columns.first) + counts.at<int>(rows.first, columns.first);
      covered.values.push_back(count > 0 ? 1 : 0);
    }
  }
  return covered;
}

ScoreMap RegionWeights(const Mask& looked_at, const MapGeometry& geometry, Size grid) {
  if (grid.width > geometry.crop.width || grid.height > geometry.crop.height) {
    throw std::logic_error("RegionWeights: more cells than pixels");
  }
  const cv::Mat inside = InCrop(OverFrame(looked_at, geometry.resized), geometry);
  ScoreMap weights{grid, std::vector<float>(static_cast<std::size_t>(grid.width) * grid.height, 1)};
  if (cv::countNonZero(inside) == inside.rows * inside.cols) return weights;
  cv::Mat cells(grid.height, grid.width, CV_32F, weights.values.data());
  cv::resize(inside, cells, cells.size(), 0, 0, cv::INTER_AREA);
  return weights;
}

ScoreMap Weighted(const ScoreMap& grid, const ScoreMap& weights) {
  ScoreMap weighted = grid;
  for (std::size_t i = 0; i < weighted.values.size(); ++i) weighted.values[i] *= weights.values[i];
  return weighted;
}

}  // namespace touchstone
