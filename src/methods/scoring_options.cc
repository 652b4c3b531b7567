#include "touchstone/methods/scoring_options.h"

#include <algorithm>
#include <tuple>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"
#include "touchstone/knn/ivfpq.h"

namespace touchstone {
namespace {

auto Fields(const ScoringOptions& o) {
  return std::tie(o.method, o.sigma, o.levels, o.image_score, o.seed, o.num_retrieved, o.num_neighbors,
                  o.fusion, o.distance, o.retrieval, o.coreset, o.pooling, o.reweight_neighbors, o.search,
                  o.dims);
}

void Require(bool holds, const std::string& message) {
  if (!holds) throw Error(ErrorCode::kOption, message);
}

void ValidateSpade(const ScoringOptions& options) {
  Require(options.num_retrieved >= 1, "--num-retrieved " + std::to_string(options.num_retrieved) +
                                          ": must be 1 or more; leave it out for the paper's value, 50");
  Require(options.num_neighbors >= 1, "--num-neighbors " + std::to_string(options.num_neighbors) +
                                          ": must be 1 or more; leave it out for the paper's value, 1");
}

void ValidatePatchCore(const ScoringOptions& options) {
  Require(options.coreset > 0 && options.coreset <= 1,
          "--coreset " + ShortText(options.coreset) +
              ": must be above 0 and at most 1, the share of the patches that is kept; the paper has 0.25, "
              "0.1 and "
              "0.01");
  Require(
      options.reweight_neighbors >= 0 && options.reweight_neighbors != 1,
      "--reweight-neighbors " + std::to_string(options.reweight_neighbors) +
          ": must be 0 (no re-weighting) or 2 and more (with 1 every score would be 0); leave it out for 9");
}

void ValidateSearch(const ScoringOptions& options) {
  Require(
      options.search == BankIndex::kExact || HasIvfPq(),
      "--search ivfpq: this build is without faiss, which it needs; install libfaiss-dev and build again, or "
      "leave it out");
}

void ValidatePadim(const ScoringOptions& options) {
  Require(options.dims >= 0, "--dims " + std::to_string(options.dims) +
                                 ": must be 1 or more; leave it out for the paper's choice");
}

void ValidateImageScore(const ScoringOptions& options) {
  const bool fits = options.image_score == ImageScore::kMapMax ||
                    (options.image_score == ImageScore::kRetrieval && options.method == Method::kSpade) ||
                    (options.image_score == ImageScore::kPatchMax && options.method == Method::kPatchCore);
  Require(fits, "--image-score " + NameOf(ImageScoreNames(), options.image_score) + ": the method " +
                    NameOf(MethodNames(), options.method) +
                    " has no such score; retrieval is spade's, patch-max patchcore's, map-max everybody's");
}

}  // namespace

bool ScoringOptions::operator==(const ScoringOptions& other) const { return Fields(*this) == Fields(other); }

ImageScore PaperImageScore(Method method) {
  if (method == Method::kSpade) return ImageScore::kRetrieval;
  return method == Method::kPatchCore ? ImageScore::kPatchMax : ImageScore::kMapMax;
}

bool ScoreAlike(ScoringOptions a, ScoringOptions b, std::size_t num_images) {
  const bool draws = a.method == Method::kSpade && a.retrieval == Retrieval::kRandom;
  for (ScoringOptions* options : {&a, &b}) {
    const auto wanted = static_cast<std::size_t>(options->num_retrieved);
    options->num_retrieved = static_cast<int>(std::min(wanted, num_images));
    options->image_score = ImageScore::kMapMax;
    if (!draws) options->seed = 0;
  }
  return a == b;
}

void Validate(const ScoringOptions& options, int num_levels) {
  if (options.method == Method::kSpade) ValidateSpade(options);
  if (options.method == Method::kPatchCore) ValidatePatchCore(options);
  if (options.method == Method::kPatchCore) ValidateSearch(options);
  if (options.method == Method::kPadim) ValidatePadim(options);
  ValidateImageScore(options);
  Require(options.sigma >= 0 && options.sigma <= 100,
          "--sigma " + std::to_string(options.sigma) +
              ": must be between 0 (no smoothing) and 100 pixels; leave it out for the paper's value, 4");
  int previous = 0;
  for (const int level : options.levels) {
    const std::string named = "--levels " + std::to_string(level);
    Require(level >= 1, named + ": levels are counted from 1, the finest, as in --levels 1,2,3");
    Require(level <= num_levels, named + ": the extractor has levels 1 to " + std::to_string(num_levels));
    Require(level > previous, "--levels: must be in ascending order, each named once, as in --levels 1,2,3");
    previous = level;
  }
}

std::size_t NumPatches(const ScoringOptions& options, const std::vector<FeatureShape>& level_shapes,
                       std::size_t num_images) {
  const auto locations = [&](int level) {
    return level_shapes[static_cast<std::size_t>(level) - 1].num_locations();
  };
  std::size_t fewest = locations(options.levels.front());
  if (options.fusion == Fusion::kPerLevel) {
    for (const int level : options.levels) fewest = std::min(fewest, locations(level));
  }
  return fewest * std::min(static_cast<std::size_t>(options.num_retrieved), num_images);
}

void CheckNumNeighbors(const ScoringOptions& options, const std::vector<FeatureShape>& level_shapes,
                       std::size_t num_images) {
  const std::size_t num_patches = NumPatches(options, level_shapes, num_images);
  Require(static_cast<std::size_t>(options.num_neighbors) <= num_patches,
          "--num-neighbors " + std::to_string(options.num_neighbors) + ": the retrieved images have only " +
              std::to_string(num_patches) +
              " patches to compare with; leave it out for the paper's value, 1");
}

const std::map<std::string, Method>& MethodNames() {
  static const std::map<std::string, Method> names{
      {"spade", Method::kSpade}, {"patchcore", Method::kPatchCore}, {"padim", Method::kPadim}};
  return names;
}

const std::map<std::string, Fusion>& FusionNames() {
  static const std::map<std::string, Fusion> names{{"concat", Fusion::kConcat},
                                                   {"per-level", Fusion::kPerLevel}};
  return names;
}

const std::map<std::string, Distance>& DistanceNames() {
  static const std::map<std::string, Distance> names{{"l2sq", Distance::kL2Squared}, {"l2", Distance::kL2}};
  return names;
}

const std::map<std::string, Retrieval>& RetrievalNames() {
  static const std::map<std::string, Retrieval> names{{"nearest", Retrieval::kNearest},
                                                      {"random", Retrieval::kRandom}};
  return names;
}

const std::map<std::string, ImageScore>& ImageScoreNames() {
  static const std::map<std::string, ImageScore> names{{"map-max", ImageScore::kMapMax},
                                                       {"retrieval", ImageScore::kRetrieval},
                                                       {"patch-max", ImageScore::kPatchMax}};
  return names;
}

const std::map<std::string, Pooling>& PoolingNames() {
  static const std::map<std::string, Pooling> names{{"paper", Pooling::kPaper},
                                                    {"reference", Pooling::kReference}};
  return names;
}

const std::map<std::string, BankIndex>& BankIndexNames() {
  static const std::map<std::string, BankIndex> names{{"exact", BankIndex::kExact},
                                                      {"ivfpq", BankIndex::kIvfPq}};
  return names;
}

}  // namespace touchstone
