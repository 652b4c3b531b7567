#pragma once

#include <vector>

#include "touchstone/store/gallery.h"

namespace touchstone {

/// Which cells of the grid that patches are compared on lie outside what the gallery looks at, for
/// ScoringScope::ignored; empty where it looks at everything. @param options  with levels filled in.
std::vector<char> IgnoredCells(const Gallery& gallery, const ScoringOptions& options);

}  // namespace touchstone
