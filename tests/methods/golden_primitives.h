#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "touchstone/core/image.h"

namespace touchstone {

/// tests/data/golden/primitives.json, written by scripts/golden/primitives.py.
inline nlohmann::json GoldenPrimitives(const std::string& name) {
  std::ifstream file(std::string(TOUCHSTONE_TEST_DATA) + "/golden/primitives.json");
  return nlohmann::json::parse(file).at(name);
}

/// {"height", "width", "values"} as a map.
inline ScoreMap MapFrom(const nlohmann::json& json) {
  return {{json.at("width").get<int>(), json.at("height").get<int>()},
          json.at("values").get<std::vector<float>>()};
}

}  // namespace touchstone
