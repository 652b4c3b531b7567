#include "touchstone/report/heatmap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "touchstone/core/error.h"
#include "touchstone/image/preprocess.h"

namespace touchstone {
namespace {

using ColourTable = std::array<std::array<std::uint8_t, 3>, 256>;

ColourTable PlasmaTable() {
  cv::Mat gray(1, 256, CV_8U), colours;
  for (int i = 0; i < 256; ++i) gray.at<std::uint8_t>(i) = static_cast<std::uint8_t>(i);
  cv::applyColorMap(gray, colours, cv::COLORMAP_PLASMA);
  ColourTable table{};
  for (int i = 0; i < 256; ++i) {
    const auto& bgr = colours.at<cv::Vec3b>(i);
    table[i] = {bgr[2], bgr[1], bgr[0]};
  }
  return table;
}

}  // namespace

Image DrawHeatmap(const Image& photo, const ScoreMap& map, double white_level, double low, double high) {
  if (photo.size != map.size) throw Error(ErrorCode::kShape, "map and photograph differ in size");
  static const ColourTable colours = PlasmaTable();
  Image drawn = ConvertTo8Bit(photo, white_level);
  for (std::size_t p = 0; p < map.values.size(); ++p) {
    // In double, and divided: no scale that a gallery may hold overflows to NaN, which has no colour.
    const auto heat = static_cast<float>(std::clamp((map.values[p] - low) / (high - low), 0.0, 1.0));
    const float opacity = 0.7F * std::min(1.0F, 4 * heat);
    const auto& colour = colours[static_cast<std::size_t>(heat * 255 + 0.5F)];
    for (std::size_t c = 0; c < 3; ++c) {
      std::uint8_t& value = drawn.rgb8[p * 3 + c];
      const float mixed = static_cast<float>(value) * (1 - opacity) + static_cast<float>(colour[c]) * opacity;
      value = static_cast<std::uint8_t>(mixed + 0.5F);
    }
  }
  return drawn;
}

Image MakePreview(const Image& photo, double white_level, int max_side) {
  Image preview = ConvertTo8Bit(photo, white_level);
  const int longest = std::max(photo.size.width, photo.size.height);
  if (longest <= max_side) return preview;
  const auto shrunk = [&](int side) {
    return std::max(1, static_cast<int>(std::int64_t{side} * max_side / longest));
  };
  const Size size{shrunk(photo.size.width), shrunk(photo.size.height)};
  const cv::Mat from(photo.size.height, photo.size.width, CV_8UC3, preview.rgb8.data());
  cv::Mat to;
  cv::resize(from, to, cv::Size(size.width, size.height), 0, 0, cv::INTER_AREA);
  return {size, 8, {to.data, to.data + to.total() * 3}, {}, false};
}

}  // namespace touchstone
