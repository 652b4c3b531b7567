#pragma once

#include "report/canvas.h"
#include "touchstone/report/heatmap.h"

namespace touchstone {

/// The colour scale in numbers: a bar from the coldest colour (below) to the hottest (above) with the map
/// values at its ends and at the threshold, where there is one.
/// @param place      all of it; width as LegendWidth wants it.
/// @param height_px  of the capitals.
void DrawLegend(const HeatmapOptions& options, const Rect& place, int height_px, Canvas* canvas);

/// How wide DrawLegend's numbers are.
int LegendWidth(const HeatmapOptions& options, int height_px);

}  // namespace touchstone
