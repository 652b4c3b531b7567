#include "app/make_scorer.h"

#include "touchstone/methods/spade.h"

namespace touchstone {

std::unique_ptr<Scorer> MakeScorer(const Gallery& gallery, const ScoringOptions& options) {
  return std::make_unique<SpadeScorer>(gallery, options);
}

}  // namespace touchstone
