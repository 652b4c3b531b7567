#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "touchstone/core/feature_map.h"

namespace touchstone {

/// How images are compared (spade.h, patchcore.h, padim.h).
enum class Method {
  kSpade,      ///< with the patches of the K most similar normal images
  kPatchCore,  ///< with a selection of the patches of all normal images
  kPadim       ///< with a Gaussian for each place of the picture
};

/// How pyramid levels become one map.
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
  kMapMax,     ///< the maximum of the anomaly map at original size
  kRetrieval,  ///< spade: stage 1's mean distance to the K nearest images (the paper)
  kPatchMax    ///< patchcore: the largest patch distance, re-weighted (the paper)
};

/// How PatchCore makes a patch of a neighbourhood.
enum class Pooling {
  kPaper,     ///< the mean of 3x3 places, levels joined
  kReference  ///< the authors' code: 3x3 places flattened and pooled to 1024 a level, then to 1024
};

/// How PatchCore searches its patches.
enum class BankIndex {
  kExact,  ///< the nearest patch
  kIvfPq   ///< nearly the nearest, by compressed patches (faiss)
};

/// The options that scoring understands; a gallery stores its defaults. Those of another method are left at
/// their defaults.
struct ScoringOptions {
  Method method = Method::kSpade;
  double sigma = 4;         ///< of the Gaussian, in pixels of the network's input; 0 = none; <= 100
  std::vector<int> levels;  ///< 1-based, ascending; empty = the extractor's default for the method
  ImageScore image_score = ImageScore::kMapMax;
  std::uint64_t seed = 0;  ///< spade: of kRandom; patchcore: of the projection; padim: of the channels

  // spade
  int num_retrieved = 50;  ///< K >= 1; clipped to the gallery's size
  int num_neighbors = 1;   ///< k >= 1, neighbours of a patch (kappa in the paper)
  Fusion fusion = Fusion::kConcat;
  Distance distance = Distance::kL2Squared;
  Retrieval retrieval = Retrieval::kNearest;

  // patchcore
  double coreset = 0.1;  ///< share of the patches that is kept, in (0, 1]
  Pooling pooling = Pooling::kPaper;
  int reweight_neighbors = 9;  ///< b, 0 = no re-weighting, not 1; clipped to the patches that are kept
  BankIndex search = BankIndex::kExact;

  // padim
  int dims = 0;  ///< channels that are drawn of those of the levels; 0 = not chosen yet

  bool operator==(const ScoringOptions& other) const;
};

/// What image score a method's paper takes: SPADE's distance to the retrieved images, PatchCore's re-weighted
/// patch distance, the maximum of PaDiM's map.
ImageScore PaperImageScore(Method method);

/// Whether both give any image the same map and scores, with a gallery of `num_images`: K is clipped
/// to it, the seed counts for random retrieval alone, and which score decides does not change them.
bool ScoreAlike(ScoringOptions a, ScoringOptions b, std::size_t num_images);

/// Checks the options of the method, against an extractor of `num_levels` levels.
/// @throws Error kOption naming option, value and limit.
void Validate(const ScoringOptions& options, int num_levels);

/// spade: how many patches each search of stage 2 has to choose from: the locations of the K retrieved
/// images, on the coarsest grid that is searched. @param options with levels filled in. @param level_shapes
/// of all levels.
std::size_t NumPatches(const ScoringOptions& options, const std::vector<FeatureShape>& level_shapes,
                       std::size_t num_images);

/// @throws Error kOption if --num-neighbors exceeds NumPatches: every image would fail.
void CheckNumNeighbors(const ScoringOptions& options, const std::vector<FeatureShape>& level_shapes,
                       std::size_t num_images);

/// The names that the command line and all files use.
const std::map<std::string, Method>& MethodNames();
const std::map<std::string, Fusion>& FusionNames();
const std::map<std::string, Distance>& DistanceNames();
const std::map<std::string, Retrieval>& RetrievalNames();
const std::map<std::string, ImageScore>& ImageScoreNames();
const std::map<std::string, Pooling>& PoolingNames();
const std::map<std::string, BankIndex>& BankIndexNames();

/// The name of a value in one of the tables above.
template <typename Enum>
const std::string& NameOf(const std::map<std::string, Enum>& names, Enum value) {
  for (const auto& entry : names) {
    if (entry.second == value) return entry.first;
  }
  return names.begin()->first;  // not reached: every value is in its table (tested)
}

}  // namespace touchstone
