#include "app/looked_at.h"

#include "app/map_scale.h"
#include "touchstone/methods/region_weights.h"

namespace touchstone {

std::vector<char> IgnoredCells(const Gallery& gallery, const ScoringOptions& options) {
  if (!gallery.roi() || options.method != Method::kPatchCore) return {};
  const MapGeometry geometry = GeometryOf(gallery.manifest().preprocessing, options.sigma);
  const FeatureShape& shape = gallery.level_shapes()[static_cast<std::size_t>(options.levels.front()) - 1];
  const ScoreMap weights = RegionWeights(*gallery.roi_on_frame(), geometry, {shape.width, shape.height});
  std::vector<char> ignored;
  for (const float weight : weights.values) ignored.push_back(weight > 0 ? 0 : 1);
  return ignored;
}

}  // namespace touchstone
