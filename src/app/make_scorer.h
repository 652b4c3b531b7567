#pragma once

#include <memory>

#include "touchstone/methods/scorer.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// The scorer of the gallery's method. @param gallery  must outlive it.
/// @throws Error kOption for options outside their ranges.
std::unique_ptr<Scorer> MakeScorer(const Gallery& gallery, const ScoringOptions& options);

}  // namespace touchstone
