#pragma once

#include <cstdint>
#include <vector>

#include "touchstone/image/resize.h"

namespace touchstone {

/// The formula of touchstone/image/resize.h, written down without a thought for speed.
std::vector<std::uint8_t> ResizeAntialiasedReference(const PixelView<std::uint8_t>& source, Size target);

}  // namespace touchstone
