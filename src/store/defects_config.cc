#include "touchstone/store/defects_config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr double kMostPixels = 4294967295.0;

DefectKind KindFrom(const Json& entry) {
  DefectKind kind;
  kind.name = entry.at("defect_name").get<std::string>();
  kind.is_relative = entry.at("relative_saturation").get<bool>();
  const Json& threshold = entry.at("saturation_threshold");
  if (!threshold.is_number()) throw Error(ErrorCode::kResults, "a saturation_threshold is no number");
  kind.threshold = threshold.get<double>();
  const bool is_share = kind.threshold > 0 && kind.threshold <= 1;
  const bool is_count =
      kind.threshold >= 1 && kind.threshold <= kMostPixels && kind.threshold == std::floor(kind.threshold);
  if (kind.is_relative ? !is_share : !is_count) {
    throw Error(ErrorCode::kResults, "saturation_threshold " + threshold.dump() + " of " + kind.name +
                                         ": must be " +
                                         (kind.is_relative ? "above 0 and at most 1, a share of the area"
                                                           : "a whole number of pixels, 1 or more"));
  }
  return kind;
}

DefectKinds KindsFrom(const Json& list) {
  if (!list.is_array()) throw Error(ErrorCode::kResults, "is no list of defects");
  DefectKinds kinds;
  for (const Json& entry : list) {
    const Json& value = entry.at("pixel_value");
    if (!value.is_number_integer() || value < 1 || value > 255)
      throw Error(ErrorCode::kResults, "pixel_value " + value.dump() + ": must be 1 to 255");
    if (!kinds.emplace(value.get<int>(), KindFrom(entry)).second)
      throw Error(ErrorCode::kResults, "pixel_value " + value.dump() + " stands for two defects");
  }
  return kinds;
}

}  // namespace

DefectKinds ReadDefectsConfig(const std::filesystem::path& file) {
  const Bytes bytes = ReadFile(file, kMaxFileBytes);
  try {
    return KindsFrom(Json::parse(bytes));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kResults,
                std::string("is no defects_config.json of MVTec LOCO AD: ") + error.what(), file);
  } catch (const Error& error) {
    throw Error(error.code, error.message, file);
  }
}

std::uint32_t SaturationOf(const DefectKind& kind, std::uint32_t area_px) {
  const double wanted = kind.is_relative ? std::floor(kind.threshold * area_px) : kind.threshold;
  return static_cast<std::uint32_t>(std::clamp(wanted, 1.0, static_cast<double>(area_px)));
}

}  // namespace touchstone
