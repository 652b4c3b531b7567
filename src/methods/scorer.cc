#include "touchstone/methods/scorer.h"

#include <string>

#include "touchstone/core/error.h"

namespace touchstone {

std::vector<MethodScores> Scorer::ScoreEach(const std::vector<ScorerQuery>& queries,
                                            const ScoringScope& scope) const {
  std::vector<MethodScores> scores;
  for (const ScorerQuery& query : queries) scores.push_back(Score(*query.features, query.draw, scope));
  return scores;
}

std::vector<FeatureShape> SelectShapes(const std::vector<FeatureShape>& shapes,
                                       const std::vector<int>& levels) {
  std::vector<FeatureShape> selected;
  for (const int level : levels) selected.push_back(shapes[static_cast<std::size_t>(level) - 1]);
  return selected;
}

std::vector<const FeatureMap*> FindLevels(const ImageFeatures& features,
                                          const std::vector<FeatureShape>& shapes,
                                          const std::vector<int>& levels) {
  if (features.pyramid.size() != shapes.size()) {
    throw Error(
        ErrorCode::kShape,
        "the image's features have another number of levels than the gallery's; use the extractor that made "
        "the gallery");
  }
  std::vector<const FeatureMap*> found;
  for (const int level : levels) {
    const FeatureMap& map = features.pyramid[static_cast<std::size_t>(level) - 1];
    if (map.shape != shapes[static_cast<std::size_t>(level) - 1]) {
      throw Error(
          ErrorCode::kShape,
          "level " + std::to_string(level) +
              " of the image's features differs in shape from the gallery's; use the extractor and the "
              "preprocessing that made the gallery");
    }
    found.push_back(&map);
  }
  return found;
}

std::vector<FeatureMap> SelectLevels(const ImageFeatures& features, const std::vector<FeatureShape>& shapes,
                                     const std::vector<int>& levels) {
  std::vector<FeatureMap> selected;
  for (const FeatureMap* level : FindLevels(features, shapes, levels)) selected.push_back(*level);
  return selected;
}

}  // namespace touchstone
