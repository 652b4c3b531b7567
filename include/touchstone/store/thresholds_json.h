#pragma once

#include <nlohmann/json_fwd.hpp>

#include "touchstone/methods/thresholds.h"

namespace touchstone {

/// What results.json and `gallery info` say of thresholds: kind, rate, images, score, pixel, source. A
/// threshold that does not exist is null, with "score_reason" or "pixel_reason" beside it.
nlohmann::ordered_json ToJson(const Thresholds& thresholds);

/// The same with the calibration's scores, as manifest.json holds it.
nlohmann::ordered_json ToJson(const Calibration& calibration, ImageScore image_score);

/// The reverse. @throws Error kGallery if a field is missing, of the wrong type or out of range; a
/// calibration also if its scores are not ascending, or do not give the thresholds that stand beside them.
Thresholds ThresholdsFromJson(const nlohmann::ordered_json& json);
Calibration CalibrationFromJson(const nlohmann::ordered_json& json, ImageScore image_score);

}  // namespace touchstone
