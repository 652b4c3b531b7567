#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/methods/anomaly_map.h"

namespace touchstone {

/// A local maximum of an anomaly map.
struct MapPeak {
  int x_px = 0, y_px = 0;
  double value = 0;
};

/// How far two peaks are apart at least: outside the ellipse with these half axes.
struct PeakDistance {
  double x_px = 1, y_px = 1;
};

/// The highest local maxima (no lower than any of their 8 neighbours) with a value above `above`, highest
/// first, equal ones in raster order; a maximum too near to a higher one that was taken is passed over.
/// @return at most max_peaks.
std::vector<MapPeak> FindPeaks(const ScoreMap& map, double above, const PeakDistance& distance,
                               std::size_t max_peaks);

/// The cell of a grid that most of the map's value at (x, y) comes from. MakeAnomalyMap smooths, so that the
/// map's peak need not lie over the grid's: this is the cell with the largest product of its value and its
/// weight in the map at (x, y), which is exact, for the map is linear in the grid.
/// @param grid        values >= 0; one of those that the map was made of (Weighted, where the map leaves
///                    something out: methods/region_weights.h).
/// @param x_px, y_px  of the photograph; may be one that a crop has kept from the network.
/// @return y * width + x of the grid; of equal ones the first.
std::size_t LargestContribution(const ScoreMap& grid, const MapGeometry& geometry, Size photograph, int x_px,
                                int y_px);

/// The part of a photograph that lies under a cell of a grid [px], rounded outward; at least 1 x 1.
Rect CellInPhotograph(Size grid, std::size_t location, const MapGeometry& geometry, Size photograph);

}  // namespace touchstone
