#pragma once

namespace touchstone {

/// Why tests of tile registers are skipped.
constexpr const char* kNoTiles = "this CPU has no tile registers, or may not use them";

}  // namespace touchstone
