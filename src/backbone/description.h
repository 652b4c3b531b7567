#pragma once

#include <string>

#include "touchstone/backbone/extractor.h"

namespace touchstone {

/// Reads and checks the text of an extractor's touchstone.json. Unknown members are ignored.
/// @throws Error kModel, without `where`, that names the member, its value and its limits.
ExtractorInfo ParseDescription(const std::string& text);

}  // namespace touchstone
