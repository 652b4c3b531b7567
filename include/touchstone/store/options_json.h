#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "touchstone/image/preprocess.h"
#include "touchstone/methods/scoring_options.h"

namespace touchstone {

/// Options as manifest.json and results.json hold them, in the command line's words: those of the method,
/// whose name stands beside them.
nlohmann::ordered_json ToJson(const ScoringOptions& options);
nlohmann::ordered_json ToJson(const Preprocessing& preprocessing);

/// The reverse. @throws Error kGallery if a field is missing, of the wrong type or out of range.
ScoringOptions ScoringOptionsFromJson(const nlohmann::ordered_json& json, Method method);
Method MethodFromJson(const nlohmann::ordered_json& json);
Preprocessing PreprocessingFromJson(const nlohmann::ordered_json& json);

/// Numbers of a file that nobody vouches for: nlohmann's own conversions take true for 1, 1.5 for 1 and let
/// integers wrap. @throws Error kGallery if it is no integer, or outside [low, high].
std::int64_t IntegerFromJson(const nlohmann::ordered_json& json, std::int64_t low, std::int64_t high);

/// @throws Error kGallery if it is no number.
double NumberFromJson(const nlohmann::ordered_json& json);

}  // namespace touchstone
