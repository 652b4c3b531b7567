#include "touchstone/methods/scoring_options.h"

#include <algorithm>
#include <tuple>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

auto Fields(const ScoringOptions& o) {
  return std::tie(o.num_retrieved, o.num_neighbors, o.sigma, o.fusion, o.distance, o.levels, o.retrieval,
                  o.image_score, o.seed);
}

void Require(bool holds, const std::string& message) {
  if (!holds) throw Error(ErrorCode::kOption, message);
}

}  // namespace

bool ScoringOptions::operator==(const ScoringOptions& other) const { return Fields(*this) == Fields(other); }

bool ScoreAlike(ScoringOptions a, ScoringOptions b, std::size_t num_images) {
  const bool draws = a.retrieval == Retrieval::kRandom;
  for (ScoringOptions* options : {&a, &b}) {
    const auto wanted = static_cast<std::size_t>(options->num_retrieved);
    options->num_retrieved = static_cast<int>(std::min(wanted, num_images));
    options->image_score = ImageScore::kMapMax;
    if (!draws) options->seed = 0;
  }
  return a == b;
}

void Validate(const ScoringOptions& options, int num_levels) {
  Require(options.num_retrieved >= 1, "--num-retrieved " + std::to_string(options.num_retrieved) +
                                          ": must be 1 or more; leave it out for the paper's value, 50");
  Require(options.num_neighbors >= 1, "--num-neighbors " + std::to_string(options.num_neighbors) +
                                          ": must be 1 or more; leave it out for the paper's value, 1");
  Require(options.sigma >= 0 && options.sigma <= 100,
          "--sigma " + std::to_string(options.sigma) +
              ": must be between 0 (no smoothing) and 100 pixels; leave it out for the paper's value, 4");
  int previous = 0;
  for (const int level : options.levels) {
    Require(level >= 1 && level <= num_levels, "--levels " + std::to_string(level) +
                                                   ": the extractor has levels 1 to " +
                                                   std::to_string(num_levels));
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
                                                       {"retrieval", ImageScore::kRetrieval}};
  return names;
}

}  // namespace touchstone
