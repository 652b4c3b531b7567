#pragma once

#include <string>
#include <vector>

#include "cli/fit_arguments.h"

namespace touchstone {

/// What --methods of benchmark names: "spade,patchcore:0.1,patchcore:ivfpq,padim:100", or "all" for the rows
/// of the papers. After the colon stands --coreset, or ivfpq for --search ivfpq, or --dims; without one their
/// defaults hold. Options of one method among `given` are of its rows alone.
/// @throws Error kOption naming what cannot be, also where `given` holds what --methods decides.
std::vector<ScoringOptions> MethodsFrom(const std::string& list, const FitArguments& given,
                                        const CommonOptions& common);

}  // namespace touchstone
