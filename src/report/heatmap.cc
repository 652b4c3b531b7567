#include "touchstone/report/heatmap.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "report/canvas.h"
#include "report/legend.h"
#include "touchstone/core/error.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/preprocess.h"

namespace touchstone {
namespace {

constexpr int kPixelsPerContourPixel = 512;
constexpr int kMinTextHeight = 8, kPixelsPerTextPixel = 48, kMinLegendLines = 8;

// Lays the map's colours over an 8-bit picture. `most_opaque` is reached at a quarter of the scale; 0 at heat
// 0, unless the picture is not to be seen at all.
void LayColours(const ScoreMap& map, const HeatmapOptions& options, Image* picture) {
  const bool map_alone = options.style == HeatmapStyle::kMap;
  for (std::size_t p = 0; p < map.values.size(); ++p) {
    // In double, and divided: no scale that a gallery may hold overflows to NaN, which has no colour.
    const auto heat = static_cast<float>(
        std::clamp((map.values[p] - options.low) / (options.high - options.low), 0.0, 1.0));
    const float opacity = map_alone ? 1.0F : 0.7F * std::min(1.0F, 4 * heat);
    const Colour colour = HeatColour(heat);
    for (std::size_t c = 0; c < 3; ++c) {
      std::uint8_t& value = picture->rgb8[p * 3 + c];
      const float mixed = static_cast<float>(value) * (1 - opacity) + static_cast<float>(colour[c]) * opacity;
      value = static_cast<std::uint8_t>(mixed + 0.5F);
    }
  }
}

void DrawContour(const ScoreMap& map, double threshold, Image* picture) {
  const cv::Mat values(map.size.height, map.size.width, CV_32F, const_cast<float*>(map.values.data()));
  const cv::Mat above = values > threshold;
  if (cv::countNonZero(above) == 0) return;
  const int width_px = 1 + std::max(map.size.width, map.size.height) / kPixelsPerContourPixel;
  cv::Mat grown, shrunk;
  cv::dilate(above, grown, {}, {-1, -1}, width_px);
  cv::erode(above, shrunk, {}, {-1, -1}, width_px);
  cv::Mat pixels(map.size.height, map.size.width, CV_8UC3, picture->rgb8.data());
  pixels.setTo(cv::Scalar::all(255), grown & ~above);
  pixels.setTo(cv::Scalar::all(0), above & ~shrunk);
}

void FadeLeftOut(const Mask& looked_at, Image* picture) {
  const Mask fitted = ResizeMaskNearest(looked_at, picture->size);
  for (std::size_t i = 0; i < picture->rgb8.size(); ++i) {
    std::uint8_t& value = picture->rgb8[i];
    if (fitted.values[i / 3] == 0) value = static_cast<std::uint8_t>(value / 4 + 72);
  }
}

Image DrawOne(Image picture, const ScoreMap& map, const HeatmapOptions& options) {
  if (options.style != HeatmapStyle::kContour) LayColours(map, options, &picture);
  if (options.looked_at) FadeLeftOut(*options.looked_at, &picture);
  if (options.threshold) DrawContour(map, *options.threshold, &picture);
  return picture;
}

Image DrawSideBySide(Image picture, const ScoreMap& map, const HeatmapOptions& options) {
  const auto [width, height] = picture.size;
  const int text_px = std::max(kMinTextHeight, std::max(width, height) / kPixelsPerTextPixel);
  const int gap = text_px, legend = LegendWidth(options, text_px);
  Canvas canvas({2 * width + 2 * gap + legend, std::max(height, kMinLegendLines * text_px)}, kWhite);
  canvas.Paste(picture, {0, 0, width, height});
  canvas.Paste(DrawOne(std::move(picture), map, options), {width + gap, 0, width, height});
  DrawLegend(options, {2 * (width + gap), 0, legend, canvas.size().height}, text_px, &canvas);
  return canvas.Take();
}

}  // namespace

const std::map<std::string, HeatmapStyle>& HeatmapStyleNames() {
  static const std::map<std::string, HeatmapStyle> names{{"overlay", HeatmapStyle::kOverlay},
                                                         {"map", HeatmapStyle::kMap},
                                                         {"contour", HeatmapStyle::kContour},
                                                         {"side-by-side", HeatmapStyle::kSideBySide}};
  return names;
}

Image DrawHeatmap(const Image& photo, const ScoreMap& map, const HeatmapOptions& options) {
  if (photo.size != map.size) throw Error(ErrorCode::kShape, "map and photograph differ in size");
  Image picture = ConvertTo8Bit(photo, options.white_level);
  return options.style == HeatmapStyle::kSideBySide ? DrawSideBySide(std::move(picture), map, options)
                                                    : DrawOne(std::move(picture), map, options);
}

Image MakePreview(const Image& photo, double white_level, int max_side) {
  Image preview = ConvertTo8Bit(photo, white_level);
  const int longest = std::max(photo.size.width, photo.size.height);
  if (longest <= max_side) return preview;
  const auto shrunk = [&](int side) {
    return std::max(1, static_cast<int>(std::int64_t{side} * max_side / longest));
  };
  Canvas canvas({shrunk(photo.size.width), shrunk(photo.size.height)}, kBlack);
  canvas.Paste(preview, {0, 0, canvas.size().width, canvas.size().height});
  return canvas.Take();
}

}  // namespace touchstone
