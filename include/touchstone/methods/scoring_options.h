#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "touchstone/core/feature_map.h"

namespace touchstone {

/// How pyramid levels become one map (methods.md, 1).
enum class Fusion {
  kConcat,   ///< levels interpolated to the finest grid and concatenated, one search (the paper)
  kPerLevel  ///< one search a level, maps resized to the input and averaged
};

/// What is averaged over neighbours.
enum class Distance {
  kL2Squared,  ///< squared Euclidean distances (the paper's formulas)
  kL2          ///< Euclidean distances
};

/// Which K normal images stage 2 compares with.
enum class Retrieval {
  kNearest,  ///< the K nearest by global feature (the paper)
  kRandom    ///< K random ones, drawn by seed and image (the paper's Table 7)
};

/// Which of its scores decides about an image.
enum class ImageScore {
  kMapMax,    ///< the maximum of the anomaly map at original size
  kRetrieval  ///< stage 1's mean distance to the K nearest images (the paper)
};

/// The options that scoring understands; a gallery stores its defaults.
struct ScoringOptions {
  int num_retrieved = 50;  ///< K >= 1; clipped to the gallery's size
  int num_neighbors = 1;   ///< k >= 1, neighbours of a patch (kappa in the paper)
  double sigma = 4;        ///< of the Gaussian, in pixels of the network's input; 0 = none; <= 100
  Fusion fusion = Fusion::kConcat;
  Distance distance = Distance::kL2Squared;
  std::vector<int> levels;  ///< 1-based, ascending; empty = the extractor's default
  Retrieval retrieval = Retrieval::kNearest;
  ImageScore image_score = ImageScore::kMapMax;
  std::uint64_t seed = 0;  ///< for kRandom
  bool operator==(const ScoringOptions& other) const;
};

/// Whether both give any image the same map and retrieval score, with a gallery of `num_images`: K is clipped
/// to it, the seed counts for random retrieval alone, and which score decides does not change them.
bool ScoreAlike(ScoringOptions a, ScoringOptions b, std::size_t num_images);

/// Checks ranges against an extractor of `num_levels` levels.
/// @throws Error kOption naming option, value and limit.
void Validate(const ScoringOptions& options, int num_levels);

/// How many patches each search of stage 2 has to choose from: the locations of the K retrieved images, on
/// the coarsest grid that is searched. @param options with levels filled in. @param level_shapes of all
/// levels.
std::size_t NumPatches(const ScoringOptions& options, const std::vector<FeatureShape>& level_shapes,
                       std::size_t num_images);

/// @throws Error kOption if --num-neighbors exceeds NumPatches: every image would fail.
void CheckNumNeighbors(const ScoringOptions& options, const std::vector<FeatureShape>& level_shapes,
                       std::size_t num_images);

/// The names that the command line and all files use.
const std::map<std::string, Fusion>& FusionNames();
const std::map<std::string, Distance>& DistanceNames();
const std::map<std::string, Retrieval>& RetrievalNames();
const std::map<std::string, ImageScore>& ImageScoreNames();

/// The name of a value in one of the tables above.
template <typename Enum>
const std::string& NameOf(const std::map<std::string, Enum>& names, Enum value) {
  for (const auto& entry : names) {
    if (entry.second == value) return entry.first;
  }
  return names.begin()->first;  // not reached: every value is in its table (tested)
}

}  // namespace touchstone
