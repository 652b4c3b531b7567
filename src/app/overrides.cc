#include "app/overrides.h"

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

// `option`, of method `owner`, was given or not.
void CheckOwner(bool is_given, const char* option, Method owner, Method method) {
  if (!is_given || owner == method) return;
  throw Error(ErrorCode::kOption, std::string(option) + ": is an option of the method " +
                                      NameOf(MethodNames(), owner) + ", and this is " +
                                      NameOf(MethodNames(), method) + "; leave it out");
}

template <typename Value>
void Set(Value* target, const std::optional<Value>& wanted) {
  if (wanted) *target = *wanted;
}

}  // namespace

ScoringOptions Apply(const ScoringOverrides& overrides, ScoringOptions options) {
  Set(&options.num_retrieved, overrides.num_retrieved);
  Set(&options.num_neighbors, overrides.num_neighbors);
  Set(&options.sigma, overrides.sigma);
  Set(&options.fusion, overrides.fusion);
  Set(&options.distance, overrides.distance);
  Set(&options.levels, overrides.levels);
  Set(&options.retrieval, overrides.retrieval);
  Set(&options.image_score, overrides.image_score);
  Set(&options.seed, overrides.seed);
  return options;
}

ScoringOptions Apply(const MethodOverrides& overrides, ScoringOptions options) {
  if (overrides.search == BankIndex::kIvfPq)
    options.coreset = 1;  // the published setting; --coreset outranks it
  Set(&options.coreset, overrides.coreset);
  Set(&options.pooling, overrides.pooling);
  Set(&options.reweight_neighbors, overrides.reweight_neighbors);
  Set(&options.search, overrides.search);
  Set(&options.dims, overrides.dims);
  return options;
}

void CheckBelong(const ScoringOverrides& overrides, Method method) {
  const Method spade = Method::kSpade;
  CheckOwner(overrides.num_retrieved.has_value(), "--num-retrieved", spade, method);
  CheckOwner(overrides.num_neighbors.has_value(), "--num-neighbors", spade, method);
  CheckOwner(overrides.fusion.has_value(), "--fusion", spade, method);
  CheckOwner(overrides.distance.has_value(), "--distance", spade, method);
  CheckOwner(overrides.retrieval.has_value(), "--retrieval", spade, method);
}

void CheckBelong(const MethodOverrides& overrides, Method method) {
  const Method patchcore = Method::kPatchCore;
  CheckOwner(overrides.coreset.has_value(), "--coreset", patchcore, method);
  CheckOwner(overrides.pooling.has_value(), "--pooling", patchcore, method);
  CheckOwner(overrides.reweight_neighbors.has_value(), "--reweight-neighbors", patchcore, method);
  CheckOwner(overrides.search.has_value(), "--search", patchcore, method);
  CheckOwner(overrides.dims.has_value(), "--dims", Method::kPadim, method);
  if (overrides.dims && *overrides.dims < 1) {
    throw Error(ErrorCode::kOption, "--dims " + std::to_string(*overrides.dims) +
                                        ": must be 1 or more; leave it out for the paper's choice");
  }
}

void CheckRanges(const ScoringOverrides& overrides) {
  ScoringOverrides checked = overrides;
  checked.image_score.reset();  // which ones there are hangs on the method
  Validate(Apply(checked, {}), 1 << 10);
}

ScoringOptions Override(const GalleryManifest& manifest, const ScoringOverrides& overrides) {
  const Method method = manifest.options.method;
  CheckBelong(overrides, method);
  if (method != Method::kSpade && overrides.levels) {
    throw Error(ErrorCode::kOption,
                "--levels: a " + NameOf(MethodNames(), method) +
                    " gallery is of the levels that it was fitted with; fit another one with "
                    "these");
  }
  ScoringOptions options = Apply(overrides, manifest.options);
  Validate(options, static_cast<int>(manifest.extractor.level_shapes.size()));
  return options;
}

void CheckSuit(const ScoringOverrides& overrides, const Gallery& described) {
  const ScoringOptions options = Override(described.manifest(), overrides);
  if (options.method != Method::kSpade) return;
  CheckNumNeighbors(options, described.level_shapes(), described.num_images());
}

void CheckCanGate(Method method) {
  if (method == Method::kSpade) return;
  throw Error(ErrorCode::kOption, "--gate: goes by the retrieval score, which the method " +
                                      NameOf(MethodNames(), method) + " has not; leave it out");
}

}  // namespace touchstone
