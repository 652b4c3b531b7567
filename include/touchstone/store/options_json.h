#pragma once

#include <nlohmann/json_fwd.hpp>

#include "touchstone/image/preprocess.h"
#include "touchstone/methods/scoring_options.h"

namespace touchstone {

/// Options as manifest.json and results.json hold them, in the command line's words.
nlohmann::ordered_json ToJson(const ScoringOptions& options);
nlohmann::ordered_json ToJson(const Preprocessing& preprocessing);

/// The reverse. @throws Error kGallery if a field is missing, of the wrong type or out of range.
ScoringOptions ScoringOptionsFromJson(const nlohmann::ordered_json& json);
Preprocessing PreprocessingFromJson(const nlohmann::ordered_json& json);

}  // namespace touchstone
