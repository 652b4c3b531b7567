#pragma once

#include <string>

#include "touchstone/backbone/extractor.h"

namespace touchstone {

/// The contents of an extractor's touchstone.json.
struct ExtractorDescription {
  ExtractorInfo info;
  std::string content_sha256;  ///< see CheckContent (archive.h); empty where the file carries none
};

/// Reads and checks the text of touchstone.json. Unknown members are ignored.
/// @throws Error kModel, without `where`, that names the member, its value and its limits.
ExtractorDescription ParseDescription(const std::string& text);

}  // namespace touchstone
