#include "description.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

constexpr char kSchema[] = "touchstone.extractor/1";
// Far above any network, far below what could overflow a product or fill a screen.
constexpr std::size_t kMaxDocumentBytes = 1u << 20;
constexpr std::size_t kMaxTextBytes = 500;
constexpr std::size_t kMaxLevels = 16;
constexpr std::size_t kMaxMethods = 64;
constexpr int kMaxChannels = 1 << 16;
constexpr int kMaxStride = 1 << 10;

[[noreturn]] void Refuse(const std::string& member, const std::string& must) {
  throw Error(ErrorCode::kModel, "its description (touchstone.json) is unusable: " + member + " " + must +
                                     "; export the file again with scripts/export_extractor.py");
}

/// A JSON value together with its path in the document ("levels[1].stride"), for messages.
struct Node {
  const Json& value;
  std::string path;

  Node Member(const std::string& key) const {
    const std::string member_path = path.empty() ? key : path + "." + key;
    if (!value.is_object()) Refuse(path.empty() ? "the document" : path, "must be an object");
    const auto found = value.find(key);
    if (found == value.end()) Refuse(member_path, "is missing");
    return {*found, member_path};
  }

  Node Element(std::size_t index) const { return {value[index], path + "[" + std::to_string(index) + "]"}; }

  std::size_t ArraySize(std::size_t low, std::size_t high) const {
    if (!value.is_array() || value.size() < low || value.size() > high) {
      Refuse(path, "must be a list of " + std::to_string(low) +
                       (low == high ? "" : " to " + std::to_string(high)) + " values");
    }
    return value.size();
  }
};

/// Text that may be shown on a terminal: of bounded length and free of control characters.
std::string Text(const Node& node) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (!node.value.is_string()) Refuse(node.path, "must be a text");
  std::string text = node.value.get<std::string>();
  if (text.size() > kMaxTextBytes || std::any_of(text.begin(), text.end(), is_control)) {
    Refuse(node.path,
           "must have at most " + std::to_string(kMaxTextBytes) + " bytes and no control characters");
  }
  return text;
}

std::string Name(const Node& node) {
  std::string name = Text(node);
  if (name.empty()) Refuse(node.path, "must not be empty");
  return name;
}

int Integer(const Node& node, int low, int high) {
  const bool fits = node.value.is_number_integer() && node.value >= low && node.value <= high;
  if (!fits) {
    Refuse(node.path + " = " + node.value.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 40),
           "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return node.value.get<int>();
}

enum class Sign { kAny, kPositive };

std::array<float, 3> Colour(const Node& node, Sign sign) {
  std::array<float, 3> colour{};
  node.ArraySize(3, 3);
  for (std::size_t c = 0; c < 3; ++c) {
    const Node element = node.Element(c);
    if (!element.value.is_number()) Refuse(element.path, "must be a number");
    colour[c] = element.value.get<float>();
    if (!std::isfinite(colour[c]) || std::abs(colour[c]) > 1000)
      Refuse(element.path, "must be within +-1000");
    if (sign == Sign::kPositive && colour[c] < 1e-6F) Refuse(element.path, "must be at least 1e-6");
  }
  return colour;
}

std::vector<ExtractorLevel> Levels(const Node& node, int input_multiple) {
  std::vector<ExtractorLevel> levels(node.ArraySize(1, kMaxLevels));
  int previous_stride = 1;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Node level = node.Element(i);
    const Node stride = level.Member("stride");
    levels[i].name = Name(level.Member("name"));
    levels[i].channels = Integer(level.Member("channels"), 1, kMaxChannels);
    levels[i].stride = Integer(stride, 1, kMaxStride);
    if (levels[i].stride < previous_stride) Refuse(stride.path, "must not shrink: the finest level is first");
    if (input_multiple % levels[i].stride != 0) Refuse(stride.path, "must divide input_multiple");
    previous_stride = levels[i].stride;
  }
  return levels;
}

std::map<std::string, std::vector<int>> DefaultLevels(const Node& node, std::size_t num_levels) {
  if (!node.value.is_object() || node.value.size() > kMaxMethods) {
    Refuse(node.path, "must be an object of at most " + std::to_string(kMaxMethods) + " methods");
  }
  std::map<std::string, std::vector<int>> result;
  for (const auto& item : node.value.items()) {
    const Node numbers = node.Member(item.key());
    std::vector<int>& levels = result[item.key()];
    levels.resize(numbers.ArraySize(1, num_levels));
    for (std::size_t i = 0; i < levels.size(); ++i) {
      levels[i] = Integer(numbers.Element(i), 1, static_cast<int>(num_levels));
    }
  }
  return result;
}

ExtractorInfo Parse(const Node& root) {
  ExtractorInfo info;
  const std::string schema = Text(root.Member("schema"));
  if (schema != kSchema) Refuse("schema = " + schema, std::string("must be ") + kSchema);
  info.name = Name(root.Member("name"));
  info.version = Text(root.Member("version"));
  info.license = Text(root.Member("license"));
  info.weights_source = Text(root.Member("weights").Member("source"));
  info.weights_sha256 = Text(root.Member("weights").Member("sha256"));
  info.mean = Colour(root.Member("mean"), Sign::kAny);
  info.stddev = Colour(root.Member("std"), Sign::kPositive);
  info.input_multiple = Integer(root.Member("input_multiple"), 1, kMaxStride);
  info.levels = Levels(root.Member("levels"), info.input_multiple);
  info.global_size = Integer(root.Member("global_size"), 1, kMaxChannels);
  info.default_levels = DefaultLevels(root.Member("default_levels"), info.levels.size());
  return info;
}

}  // namespace

ExtractorInfo ParseDescription(const std::string& text) {
  if (text.size() > kMaxDocumentBytes) {
    Refuse("the document", "must have at most " + std::to_string(kMaxDocumentBytes) + " bytes");
  }
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) Refuse("the document", "must be JSON");
  return Parse({document, ""});
}

}  // namespace touchstone
