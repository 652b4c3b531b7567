#include "report/legend.h"

#include <algorithm>
#include <string>
#include <vector>

#include "report/page_text.h"

namespace touchstone {
namespace {

struct Tick {
  float heat;
  std::string text;
};

std::vector<Tick> Ticks(const HeatmapOptions& options) {
  std::vector<Tick> ticks{{1, ">= " + ShortNumber(options.high)}, {0, "<= " + ShortNumber(options.low)}};
  if (options.threshold && *options.threshold > options.low && *options.threshold < options.high) {
    const double heat = (*options.threshold - options.low) / (options.high - options.low);
    ticks.push_back({static_cast<float>(heat), ShortNumber(*options.threshold) + " threshold"});
  }
  return ticks;
}

}  // namespace

int LegendWidth(const HeatmapOptions& options, int height_px) {
  int width = 0;
  for (const Tick& tick : Ticks(options)) width = std::max(width, Canvas::TextWidth(tick.text, height_px));
  return width + 4 * height_px;
}

void DrawLegend(const HeatmapOptions& options, const Rect& place, int height_px, Canvas* canvas) {
  const Rect bar{place.x + height_px / 2, place.y + height_px, 2 * height_px, place.height - 2 * height_px};
  const int last = std::max(1, bar.height - 1);
  for (int row = 0; row < bar.height; ++row) {
    const float heat = static_cast<float>(last - std::min(row, last)) / static_cast<float>(last);
    canvas->Fill({bar.x, bar.y + row, bar.width, 1}, HeatColour(heat));
  }
  for (const Tick& tick : Ticks(options)) {
    const int y = bar.y + static_cast<int>((1 - tick.heat) * static_cast<float>(last) + 0.5F);
    if (tick.heat > 0 && tick.heat < 1) {
      canvas->Fill({bar.x, y - 1, bar.width + height_px / 2, 1}, kBlack);
      canvas->Fill({bar.x, y, bar.width, 1}, kWhite);
    }
    canvas->Text(bar.x + bar.width + height_px, y - height_px / 2, tick.text, height_px);
  }
}

}  // namespace touchstone
