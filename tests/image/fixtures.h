#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/support.h"
#include "touchstone/core/file.h"

namespace touchstone {

#define EXPECT_ERROR(statement, expected_code, expected_text) \
  EXPECT_TRUE(Refuses(expected_code, expected_text, [&] { statement; }))

inline std::filesystem::path GoldenFolder() { return std::filesystem::path(TOUCHSTONE_TEST_DATA) / "golden"; }

inline nlohmann::json ReadGolden(const std::string& relative) {
  std::ifstream stream(GoldenFolder() / relative);
  return nlohmann::json::parse(stream);
}

inline Bytes ReadFormat(const std::string& name) { return ReadFile(GoldenFolder() / "formats" / name); }

/// The entries of golden/formats/formats.json: "images" or "refused".
inline std::vector<nlohmann::json> DescribedFormats(const std::string& kind) {
  const nlohmann::json golden = ReadGolden("formats/formats.json");
  const auto entries = golden.at(kind).get<std::vector<nlohmann::json>>();
  if (entries.empty()) throw std::runtime_error("formats.json describes no " + kind);
  return entries;
}

inline std::vector<std::string> ReadableFormats() {
  std::vector<std::string> names;
  for (const nlohmann::json& image : DescribedFormats("images")) names.push_back(image.at("file"));
  return names;
}

}  // namespace touchstone
