#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"

namespace touchstone {

/// A folder of one test's own, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "touchstone-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file, its folders included, and returns its path.
  std::filesystem::path Write(const std::string& relative, const Bytes& bytes = {'x'}) const {
    const std::filesystem::path file = path_ / relative;
    std::filesystem::create_directories(file.parent_path());
    WriteFileAtomically(file, bytes);
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// What `call` throws, or null where it throws nothing of ours.
template <typename Call>
std::unique_ptr<Error> ErrorOf(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::make_unique<Error>(error);
  }
  return nullptr;
}

#define EXPECT_ERROR(statement, expected_code, expected_text)                                        \
  do {                                                                                               \
    const std::unique_ptr<::touchstone::Error> thrown = ::touchstone::ErrorOf([&] { statement; });   \
    ASSERT_NE(thrown, nullptr) << "no error";                                                        \
    EXPECT_EQ(thrown->code, expected_code) << thrown->what();                                        \
    EXPECT_NE(std::string(thrown->what()).find(expected_text), std::string::npos) << thrown->what(); \
  } while (false)

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
