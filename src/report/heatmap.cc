#include "touchstone/report/heatmap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "report/canvas.h"
#include "report/legend.h"
#include "touchstone/core/error.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/preprocess.h"

namespace touchstone {
namespace {

constexpr int kPixelsPerContourPixel = 512;
constexpr int kMinTextHeight = 8, kPixelsPerTextPixel = 48, kMinLegendLines = 8;

// What the map adds to a value of the picture: value * (1 - weight) + colour * weight, in units of 1/65536.
struct Ink {
  std::uint32_t remains = 0;                 // 1 - weight
  std::array<std::uint32_t, 3> colour = {};  // already times weight, and rounded with the sum
};

// By heat, in steps that are finer than a step of colour at full contrast. It is most opaque from a quarter
// of the scale on and invisible at heat 0, unless the picture is not to be seen at all.
constexpr std::size_t kInks = 4096;
std::vector<Ink> MakeInks(bool map_alone) {
  std::vector<Ink> inks(kInks);
  for (std::size_t i = 0; i < kInks; ++i) {
    const float heat = static_cast<float>(i) / (kInks - 1);
    const float opacity = map_alone ? 1.0F : 0.7F * std::min(1.0F, 4 * heat);
    const auto weight = static_cast<std::uint32_t>(std::lround(opacity * 65536));
    const Colour colour = HeatColour(heat);
    inks[i].remains = 65536 - weight;
    for (std::size_t c = 0; c < 3; ++c) inks[i].colour[c] = colour[c] * weight + 32768;
  }
  return inks;
}

// Lays the map's colours over an 8-bit picture.
void LayColours(const ScoreMap& map, const HeatmapOptions& options, Image* picture) {
  const std::vector<Ink> inks = MakeInks(options.style == HeatmapStyle::kMap);
  // In double: no scale that a gallery may hold overflows but to 0 or infinity, and 0 times infinity counts
  // as cold.
  const double scale = (kInks - 1) / (options.high - options.low);
  for (std::size_t p = 0; p < map.values.size(); ++p) {
    const double heat = (map.values[p] - options.low) * scale;
    const double step = heat > 0 ? std::min(heat, kInks - 1.0) + 0.5 : 0.0;
    const Ink& ink = inks[static_cast<std::size_t>(static_cast<int>(step))];
    std::uint8_t* value = &picture->rgb8[3 * p];
    for (std::size_t c = 0; c < 3; ++c) {
      value[c] = static_cast<std::uint8_t>((value[c] * ink.remains + ink.colour[c]) >> 16);
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
