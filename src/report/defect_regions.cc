#include "touchstone/report/defect_regions.h"

#include <algorithm>

#include "touchstone/metrics/regions.h"

namespace touchstone {
namespace {

Mask Above(const ScoreMap& map, double threshold) {
  Mask above{map.size, std::vector<std::uint8_t>(map.values.size())};
  std::transform(map.values.begin(), map.values.end(), above.values.begin(),
                 [&](float value) { return value > threshold ? 1 : 0; });
  return above;
}

// Region r while its pixels are being added: mean and centroid are sums, the box holds the last column and
// row instead of width and height.
void AddPixel(int x, int y, double value, DefectRegion* region) {
  Rect& box = region->box;
  if (region->area_px == 0) {
    box = {x, y, x, y};
    region->peak = value;
  }
  box = {std::min(box.x, x), std::min(box.y, y), std::max(box.width, x), std::max(box.height, y)};
  ++region->area_px;
  region->peak = std::max(region->peak, value);
  region->mean += value;
  region->centroid_x_px += x;
  region->centroid_y_px += y;
}

void Finish(DefectRegion* region) {
  const auto area = static_cast<double>(region->area_px);
  region->box.width += 1 - region->box.x;
  region->box.height += 1 - region->box.y;
  region->mean /= area;
  region->centroid_x_px /= area;
  region->centroid_y_px /= area;
}

}  // namespace

DefectRegions FindDefectRegions(const ScoreMap& map, double threshold) {
  const Regions labelled = LabelRegions(Above(map, threshold));
  DefectRegions found;
  found.num_regions = static_cast<std::int64_t>(labelled.areas.size());
  found.worst.resize(labelled.areas.size());
  for (std::size_t p = 0; p < labelled.labels.size(); ++p) {
    if (labelled.labels[p] == 0) continue;
    const auto width = static_cast<std::size_t>(map.size.width);
    AddPixel(static_cast<int>(p % width), static_cast<int>(p / width), map.values[p],
             &found.worst[labelled.labels[p] - 1]);
  }
  for (DefectRegion& region : found.worst) Finish(&region);
  std::stable_sort(found.worst.begin(), found.worst.end(),
                   [](const DefectRegion& a, const DefectRegion& b) { return a.peak > b.peak; });
  found.worst.resize(std::min(found.worst.size(), kMaxDefectRegions));
  return found;
}

}  // namespace touchstone
