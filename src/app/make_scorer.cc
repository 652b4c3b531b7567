#include "app/make_scorer.h"

#include "touchstone/methods/padim.h"
#include "touchstone/methods/patchcore.h"
#include "touchstone/methods/spade.h"
#include "touchstone/store/model_file.h"

namespace touchstone {

std::unique_ptr<Scorer> MakeScorer(const Gallery& gallery, const ScoringOptions& options) {
  if (options.method == Method::kPatchCore) {
    return std::make_unique<PatchCoreScorer>(ReadBank(gallery), gallery.level_shapes(), options);
  }
  if (options.method == Method::kPadim) {
    return std::make_unique<PadimScorer>(ReadGaussians(gallery), gallery.level_shapes(), options);
  }
  return std::make_unique<SpadeScorer>(gallery, options);
}

}  // namespace touchstone
