#pragma once

#include <array>

#include "surface.h"

namespace touchstone {

/// The picture of a surface: lamp, shadows, lens and sensor. [size / kOversampling] per channel, R G B,
/// in 0..255 and not yet rounded.
std::array<Field, 3> Photograph(const Scene& scene, const Surface& surface);

}  // namespace touchstone
