#include <algorithm>
#include <cmath>

#include "report/canvas.h"
#include "report/legend.h"
#include "report/page_text.h"
#include "touchstone/core/text.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/report/explanation.h"

namespace touchstone {
namespace {

// All in pixels of the picture.
constexpr int kWidth = 1200, kMargin = 20, kTitle = 14, kText = 10, kLine = 2 * kText;
constexpr int kPanelWidth = 500, kMaxPanelHeight = 460;
constexpr int kPatchSide = 216, kThumbnailSide = 104, kThumbnailGap = 12, kSmall = 8;
constexpr Colour kGrayBox{200, 200, 200};
constexpr double kPatchSurroundings =
    0.25;  // side of what is shown around a patch, of the image's shorter side

// The largest size of the same shape that fits.
Size FitInto(Size size, int width, int height) {
  const double scale =
      std::min(static_cast<double>(width) / size.width, static_cast<double>(height) / size.height);
  return {std::max(1, static_cast<int>(size.width * scale)),
          std::max(1, static_cast<int>(size.height * scale))};
}

// `rect` of a picture of size `from`, in a picture of the same thing of size `to`; at least one pixel.
Rect Scaled(const Rect& rect, Size from, Size to) {
  const double x_scale = static_cast<double>(to.width) / from.width;
  const double y_scale = static_cast<double>(to.height) / from.height;
  const int x = std::min(static_cast<int>(rect.x * x_scale), to.width - 1);
  const int y = std::min(static_cast<int>(rect.y * y_scale), to.height - 1);
  return {x, y, std::clamp(static_cast<int>(std::lround(rect.width * x_scale)), 1, to.width - x),
          std::clamp(static_cast<int>(std::lround(rect.height * y_scale)), 1, to.height - y)};
}

// A square part of the picture around a patch, moved inward where it would leave the picture.
Rect Surroundings(const Rect& patch, Size size) {
  const int shorter = std::min(size.width, size.height);
  const int wanted = std::max({static_cast<int>(kPatchSurroundings * shorter), patch.width, patch.height, 8});
  const int side = std::min(wanted, shorter);
  return {std::clamp(patch.x + patch.width / 2 - side / 2, 0, size.width - side),
          std::clamp(patch.y + patch.height / 2 - side / 2, 0, size.height - side), side, side};
}

class Sheet {
 public:
  Sheet(const Explanation& explanation, const ExplanationPreviews& previews)
      : explanation_(explanation), previews_(previews) {}

  Image Draw(const Image& photo, const ScoreMap& map, const HeatmapOptions& heatmap) {
    const Size panel = FitInto(photo.size, kPanelWidth, kMaxPanelHeight);
    panel_ = {panel.width, std::max(panel.height, 10 * kText)};
    const int hot_spots_y = kMargin + 3 * kLine + panel_.height + kMargin;
    const bool has_hot_spots = !explanation_.hot_spots.empty();
    const int num_patches = HasNearest() ? 2 : 1;
    const int retrieved_y = hot_spots_y + kLine + kMargin +
                            (has_hot_spots ? num_patches * kPatchSide + (2 * num_patches + 1) * kLine : 0);
    const int thumbnails = explanation_.retrieved.empty() ? 0 : kThumbnailSide + 2 * kLine;
    canvas_ = Canvas({kWidth, retrieved_y + thumbnails + kLine + kMargin}, kWhite);
    DrawTitle();
    DrawPanels(photo, map, heatmap, panel);
    canvas_.Text(kMargin, hot_spots_y, "Hot spots: " + explanation_.hot_spots_are, kText);
    for (std::size_t i = 0; i < explanation_.hot_spots.size(); ++i) {
      DrawHotSpot(i, photo,
                  {kMargin + static_cast<int>(i) * (kPatchSide + kMargin), hot_spots_y + kLine, 0, 0});
    }
    DrawRetrieved(retrieved_y);
    return canvas_.Take();
  }

 private:
  bool HasNearest() const {
    const auto& spots = explanation_.hot_spots;
    return std::any_of(spots.begin(), spots.end(),
                       [](const HotSpot& spot) { return ShownMatch(spot).nearest.has_value(); });
  }

  void DrawTitle() {
    const ImageResult& image = explanation_.run.images.at(0);
    canvas_.Text(kMargin, kMargin, Canvas::FitText(Printable(image.path), kTitle, kWidth - 2 * kMargin),
                 kTitle);
    std::string facts = "score " + ShortNumber(image.score.value_or(0)) + ", map maximum " +
                        ShortNumber(image.map_max.value_or(0));
    facts += explanation_.pixel_threshold ? ", pixel threshold " + ShortNumber(*explanation_.pixel_threshold)
                                          : ", no pixel threshold";
    canvas_.Text(kMargin, kMargin + kLine + kText, facts + "; verdict: " + image.verdict, kText);
  }

  void DrawPanels(const Image& photo, const ScoreMap& map, const HeatmapOptions& heatmap, Size panel) {
    const int y = kMargin + 3 * kLine;
    const Rect left{kMargin, y, panel.width, panel.height};
    const Rect right{kMargin + panel.width + kMargin, y, panel.width, panel.height};
    canvas_.Paste(photo, left);
    canvas_.Paste(DrawHeatmap(photo, map, heatmap), right);
    DrawLegend(heatmap, {right.x + right.width + kMargin, y, LegendWidth(heatmap, kText), panel_.height},
               kText, &canvas_);
    for (std::size_t i = 0; i < explanation_.hot_spots.size(); ++i) {
      const Rect patch = Scaled(ShownMatch(explanation_.hot_spots[i]).patch, photo.size, panel);
      canvas_.Frame({left.x + patch.x, left.y + patch.y, patch.width, patch.height}, 1);
      const std::string number = std::to_string(i + 1);
      const int width = Canvas::TextWidth(number, kText) + 8, height = kText + 8;
      const Rect label{std::min(left.x + patch.x + patch.width + 4, left.x + panel.width - width),
                       std::clamp(left.y + patch.y - height, left.y, left.y + panel.height - height), width,
                       height};
      canvas_.Fill(label, kWhite);
      canvas_.Text(label.x + 4, label.y + 4, number, kText);
    }
  }

  void DrawHotSpot(std::size_t i, const Image& photo, Rect place) {
    const HotSpot& hot_spot = explanation_.hot_spots[i];
    const PatchMatch& match = ShownMatch(hot_spot);
    canvas_.Text(place.x, place.y, std::to_string(i + 1) + ": map " + ShortNumber(hot_spot.value), kText);
    place = {place.x, place.y + kLine, kPatchSide, kPatchSide};
    DrawPatch(photo, match.patch, photo.size, place);
    if (!match.nearest) {  // its place is left empty
      const int below = place.y + kPatchSide + kText / 2;
      canvas_.Text(place.x, below, "distance " + ShortNumber(match.patch_score), kText);
      DrawShares(hot_spot.shares, {place.x, below + kLine - kText / 2, kPatchSide, kText});
      return;
    }
    const NearestPatch& nearest = *match.nearest;
    canvas_.Text(place.x, place.y + kPatchSide + kText / 2, "nearest normal patch:", kText);
    place.y += kPatchSide + kLine;
    DrawPatch(previews_.of_hot_spots.at(i), nearest.patch, nearest.size, place);
    const int below = place.y + kPatchSide + kText / 2;
    canvas_.Text(place.x, below, Canvas::FitText(Printable(nearest.path), kText, kPatchSide), kText);
    const std::string level =
        hot_spot.matches.size() > 1 ? " in level " + std::to_string(match.levels[0]) : "";
    canvas_.Text(place.x, below + kLine, "distance " + ShortNumber(nearest.distance) + level, kText);
    DrawShares(hot_spot.shares, {place.x, below + 2 * kLine - kText / 2, kPatchSide, kText});
  }

  // A patch, framed, in its surroundings. @param size that `patch` is in pixels of.
  void DrawPatch(const Image& picture, const Rect& patch, Size size, const Rect& place) {
    if (picture.rgb8.empty()) {
      canvas_.Fill(place, kGrayBox);
      canvas_.Text(place.x + kText, place.y + kPatchSide / 2, "no preview", kText);
      return;
    }
    const Rect here = Scaled(patch, size, picture.size);
    const Rect part = Surroundings(here, picture.size);
    canvas_.PastePart(picture, part, place);
    const Rect frame = Scaled({here.x - part.x, here.y - part.y, here.width, here.height},
                              {part.width, part.height}, {place.width, place.height});
    canvas_.Frame({place.x + frame.x, place.y + frame.y, frame.width, frame.height}, 1);
  }

  // One bar, split by level, with the shares in words below it.
  void DrawShares(const std::vector<LevelShare>& shares, const Rect& bar) {
    double before = 0;
    std::string words;
    for (std::size_t s = 0; s < shares.size(); ++s) {
      const int begin = static_cast<int>(std::lround(before * bar.width));
      before += shares[s].share;
      const int end = static_cast<int>(std::lround(before * bar.width));
      const float heat = static_cast<float>(s + 1) / static_cast<float>(shares.size() + 1);
      if (end > begin) canvas_.Fill({bar.x + begin, bar.y, end - begin, bar.height}, HeatColour(heat));
      words += (s == 0 ? "level " : ", ") + std::to_string(shares[s].level) + ": " +
               std::to_string(std::lround(100 * shares[s].share)) + " %";
    }
    canvas_.Text(bar.x, bar.y + bar.height + kText / 2, words, kSmall);
  }

  void DrawRetrieved(int y) {
    canvas_.Text(kMargin, y, "Compared with " + explanation_.compared_with, kText);
    for (std::size_t i = 0; i < previews_.of_retrieved.size(); ++i) {
      const Image& preview = previews_.of_retrieved[i];
      const int x = kMargin + static_cast<int>(i) * (kThumbnailSide + kThumbnailGap);
      const Rect box{x, y + kLine, kThumbnailSide, kThumbnailSide};
      if (preview.rgb8.empty()) {
        canvas_.Fill(box, kGrayBox);
      } else {
        const Size size = FitInto(preview.size, kThumbnailSide, kThumbnailSide);
        canvas_.Paste(preview, {box.x, box.y, size.width, size.height});
      }
      const RetrievedImage& image = explanation_.retrieved.at(i);
      canvas_.Text(x, box.y + kThumbnailSide + kText / 2, ShortNumber(image.distance), kSmall);
      canvas_.Text(x, box.y + kThumbnailSide + kLine,
                   Canvas::FitText(Printable(image.path), kSmall, kThumbnailSide), kSmall);
    }
  }

  const Explanation& explanation_;
  const ExplanationPreviews& previews_;
  Canvas canvas_{{1, 1}, kWhite};
  Size panel_;
};

}  // namespace

Image DrawExplanation(const Explanation& explanation, const Image& photo, const ScoreMap& map,
                      const HeatmapOptions& heatmap, const ExplanationPreviews& previews) {
  return Sheet(explanation, previews).Draw(ConvertTo8Bit(photo, heatmap.white_level), map, heatmap);
}

}  // namespace touchstone
