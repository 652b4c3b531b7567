#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/core/image.h"
#include "touchstone/knn/distance.h"
#include "touchstone/knn/patch_search.h"
#include "touchstone/methods/scoring_options.h"

namespace touchstone {

/// What a method finds out about one image. Each has a map; what else there is depends on the method.
struct MethodScores {
  /// Mean distance to the most similar normal images; none for methods that do not compare whole images.
  std::optional<double> retrieval_score;
  /// The method's own image score, of its patches; none for methods that have none.
  std::optional<double> patch_max;
  /// The images that patches were compared with, where the method chooses some: gallery index and squared
  /// distance of the globals.
  std::vector<Neighbor> retrieved;
  /// Distances of the patches on the feature grid; the map is made of their mean (anomaly_map.h). None where
  /// the gate kept them from being looked for.
  std::vector<ScoreMap> grids;
  /// The pyramid levels (1-based) that each grid is of.
  std::vector<std::vector<int>> grid_levels;
  /// The gallery patch nearest to each location: element [g][y * width + x] is that of grids[g] at (x, y).
  /// Empty for methods that do not compare with patches.
  std::vector<std::vector<PatchNeighbor>> nearest;
};

/// Which part of the gallery an image is compared with, and how far; by default all of it, all the way.
struct ScoringScope {
  std::vector<std::size_t> left_out;  ///< gallery images to act as if absent (leave-one-out); one must remain
  std::optional<double> gate;         ///< patches only if the retrieval score is above this
  /// [first grid's locations] not 0 = does not count for patch_max; empty = all do.
  std::vector<char> ignored = {};
};

/// What a level has of the distance of a patch.
struct LevelPart {
  int level = 1;
  double distance = 0;  ///< >= 0; in what unit is the method's affair: only shares of the sum mean anything
};

/// One of several images that are scored at once.
struct ScorerQuery {
  const ImageFeatures* features = nullptr;
  std::uint64_t draw = 0;
};

/// A way to score images against a gallery. The result for an image depends on nothing but the gallery, the
/// options and the image. Safe to call concurrently.
class Scorer {
 public:
  virtual ~Scorer() = default;

  /// Scores one image.
  /// @param features   of the extractor that made the gallery; same shapes.
  /// @param draw       what tells images apart where something is drawn (e.g. bits of a digest).
  /// @throws Error kShape naming the level whose shape differs from the gallery's; kNotFinite.
  virtual MethodScores Score(const ImageFeatures& features, std::uint64_t draw,
                             const ScoringScope& scope) const = 0;

  /// How many images it is worth waiting for, to score them at once: more than 1 where a method reads much of
  /// the gallery for each.
  virtual std::size_t num_at_once() const { return 1; }

  /// Scores several images: for each what Score gives, to the byte. @throws Error if Score of any would.
  virtual std::vector<MethodScores> ScoreEach(const std::vector<ScorerQuery>& queries,
                                              const ScoringScope& scope) const;

  /// How the distance at one location of a grid is made up of the levels that the grid is of.
  /// @param features, scores  of one image. @param location  y * width + x of grid `grid`.
  virtual std::vector<LevelPart> Parts(const ImageFeatures& features, const MethodScores& scores,
                                       std::size_t grid, std::size_t location) const = 0;

  virtual const ScoringOptions& options() const = 0;  ///< with K clipped and levels filled in
};

/// The shapes of these levels (1-based, each there), of those of all levels.
std::vector<FeatureShape> SelectShapes(const std::vector<FeatureShape>& shapes,
                                       const std::vector<int>& levels);

/// The levels (1-based) of an image that are compared, where they are.
/// @param shapes  of all levels, as the gallery's are.
/// @throws Error kShape naming the first level whose shape differs.
std::vector<const FeatureMap*> FindLevels(const ImageFeatures& features,
                                          const std::vector<FeatureShape>& shapes,
                                          const std::vector<int>& levels);

/// Copies of them.
std::vector<FeatureMap> SelectLevels(const ImageFeatures& features, const std::vector<FeatureShape>& shapes,
                                     const std::vector<int>& levels);

}  // namespace touchstone
