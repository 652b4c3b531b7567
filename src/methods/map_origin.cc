#include "touchstone/methods/map_origin.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace touchstone {
namespace {

bool IsLocalMaximum(const ScoreMap& map, int x, int y) {
  const auto at = [&](int column, int row) {
    return map.values[static_cast<std::size_t>(row) * map.size.width + column];
  };
  const float value = at(x, y);
  for (int row = std::max(0, y - 1); row <= std::min(map.size.height - 1, y + 1); ++row) {
    for (int column = std::max(0, x - 1); column <= std::min(map.size.width - 1, x + 1); ++column) {
      if (at(column, row) > value) return false;
    }
  }
  return true;
}

bool AreNear(const MapPeak& a, const MapPeak& b, const PeakDistance& distance) {
  const double dx = (a.x_px - b.x_px) / distance.x_px, dy = (a.y_px - b.y_px) / distance.y_px;
  return dx * dx + dy * dy <= 1;
}

// The columns or the rows of photograph, network's input and grid.
struct Axis {
  int photograph, resized, crop_begin, crop_length, cells;

  double cell_length() const { return static_cast<double>(crop_length) / cells; }
  // The first and last pixel of the photograph under a cell.
  std::pair<int, int> SpanInPhotograph(int cell) const {
    const double scale = static_cast<double>(photograph) / resized;
    const double low = (crop_begin + cell * cell_length()) * scale;
    const double high = (crop_begin + (cell + 1) * cell_length()) * scale;
    const int first = std::clamp(static_cast<int>(std::floor(low)), 0, photograph - 1);
    return {first, std::clamp(static_cast<int>(std::ceil(high)) - 1, first, photograph - 1)};
  }
};

Axis Columns(Size grid, const MapGeometry& geometry, Size photograph) {
  return {photograph.width, geometry.resized.width, geometry.crop.x, geometry.crop.width, grid.width};
}

Axis Rows(Size grid, const MapGeometry& geometry, Size photograph) {
  return {photograph.height, geometry.resized.height, geometry.crop.y, geometry.crop.height, grid.height};
}

// How much each cell of one axis counts for the map at pixel `at`: what MakeAnomalyMap makes of a row of
// cells of which one is 1. All its steps are linear, and separable, so that a cell of a grid counts for the
// product.
std::vector<double> WeightsAlong(const Axis& axis, double sigma, int at) {
  const MapGeometry line{{axis.resized, 1}, {axis.crop_begin, 0, axis.crop_length, 1}, sigma};
  std::vector<double> weights;
  for (int cell = 0; cell < axis.cells; ++cell) {
    ScoreMap impulse{{axis.cells, 1}, std::vector<float>(axis.cells)};
    impulse.values[cell] = 1;
    weights.push_back(MakeAnomalyMap({impulse}, line, {axis.photograph, 1}).values[at]);
  }
  return weights;
}

}  // namespace

std::vector<MapPeak> FindPeaks(const ScoreMap& map, double above, const PeakDistance& distance,
                               std::size_t max_peaks) {
  std::vector<MapPeak> maxima;
  for (int y = 0; y < map.size.height; ++y) {
    for (int x = 0; x < map.size.width; ++x) {
      const float value = map.values[static_cast<std::size_t>(y) * map.size.width + x];
      if (value > above && IsLocalMaximum(map, x, y)) maxima.push_back({x, y, value});
    }
  }
  std::stable_sort(maxima.begin(), maxima.end(),
                   [](const MapPeak& a, const MapPeak& b) { return a.value > b.value; });
  std::vector<MapPeak> peaks;
  for (const MapPeak& peak : maxima) {
    if (peaks.size() == max_peaks) break;
    const bool is_apart = std::none_of(peaks.begin(), peaks.end(),
                                       [&](const MapPeak& taken) { return AreNear(taken, peak, distance); });
    if (is_apart) peaks.push_back(peak);
  }
  return peaks;
}

std::size_t LargestContribution(const ScoreMap& grid, const MapGeometry& geometry, Size photograph, int x_px,
                                int y_px) {
  const std::vector<double> x_weights =
      WeightsAlong(Columns(grid.size, geometry, photograph), geometry.sigma, x_px);
  const std::vector<double> y_weights =
      WeightsAlong(Rows(grid.size, geometry, photograph), geometry.sigma, y_px);
  std::size_t best = 0;
  double most = -1;
  for (std::size_t c = 0; c < grid.values.size(); ++c) {
    const auto width = static_cast<std::size_t>(grid.size.width);
    const double contribution = grid.values[c] * x_weights[c % width] * y_weights[c / width];
    if (contribution > most) {
      most = contribution;
      best = c;
    }
  }
  return best;
}

Rect CellInPhotograph(Size grid, std::size_t location, const MapGeometry& geometry, Size photograph) {
  const int x = static_cast<int>(location % static_cast<std::size_t>(grid.width));
  const int y = static_cast<int>(location / static_cast<std::size_t>(grid.width));
  const auto [left, right] = Columns(grid, geometry, photograph).SpanInPhotograph(x);
  const auto [top, bottom] = Rows(grid, geometry, photograph).SpanInPhotograph(y);
  return {left, top, right - left + 1, bottom - top + 1};
}

}  // namespace touchstone
