#include "touchstone/store/options_json.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

template <typename Enum>
Enum EnumFromJson(const Json& json, const std::map<std::string, Enum>& names) {
  const std::string name = json.get<std::string>();
  const auto found = names.find(name);
  if (found == names.end()) throw Error(ErrorCode::kGallery, "options hold the unknown word '" + name + "'");
  return found->second;
}

Json ToJson(Size size) { return {size.width, size.height}; }

int IntFromJson(const Json& json) {
  constexpr std::int64_t kLow = std::numeric_limits<int>::min(), kHigh = std::numeric_limits<int>::max();
  return static_cast<int>(IntegerFromJson(json, kLow, kHigh));
}

const Json& ListFromJson(const Json& json, std::size_t size) {
  if (!json.is_array() || json.size() != size) {
    throw Error(ErrorCode::kGallery, "a list of " + std::to_string(size) + " numbers is something else");
  }
  return json;
}

Size SizeFromJson(const Json& json) {
  const Json& list = ListFromJson(json, 2);
  return {IntFromJson(list[0]), IntFromJson(list[1])};
}

std::array<float, 3> ChannelsFromJson(const Json& json) {
  const Json& list = ListFromJson(json, 3);
  std::array<float, 3> channels{};
  for (std::size_t c = 0; c < 3; ++c) channels[c] = static_cast<float>(NumberFromJson(list[c]));
  return channels;
}

std::vector<int> LevelsFromJson(const Json& json) {
  if (!json.is_array()) throw Error(ErrorCode::kGallery, "levels are not a list");
  std::vector<int> levels;
  for (const Json& level : json) levels.push_back(IntFromJson(level));
  return levels;
}

std::uint64_t SeedFromJson(const Json& json) {
  if (!json.is_number_unsigned())
    throw Error(ErrorCode::kGallery, "the seed is not a whole number from 0 on");
  return json.get<std::uint64_t>();
}

void PutSpade(const Json& json, ScoringOptions* options) {
  options->num_retrieved = IntFromJson(json.at("num_retrieved"));
  options->num_neighbors = IntFromJson(json.at("num_neighbors"));
  options->fusion = EnumFromJson(json.at("fusion"), FusionNames());
  options->distance = EnumFromJson(json.at("distance"), DistanceNames());
  options->retrieval = EnumFromJson(json.at("retrieval"), RetrievalNames());
}

void PutPatchCore(const Json& json, ScoringOptions* options) {
  options->coreset = NumberFromJson(json.at("coreset"));
  options->pooling = EnumFromJson(json.at("pooling"), PoolingNames());
  options->reweight_neighbors = IntFromJson(json.at("reweight_neighbors"));
  options->search = EnumFromJson(json.at("search"), BankIndexNames());
}

// Runs `parse` with JSON's own exceptions and option errors translated: the file is at fault.
template <typename Parse>
auto Translated(const char* what, Parse parse) {
  try {
    return parse();
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kGallery, std::string(what) + " are malformed: " + error.what());
  } catch (const Error& error) {
    throw Error(ErrorCode::kGallery, std::string(what) + " are out of range: " + error.message);
  }
}

}  // namespace

std::int64_t IntegerFromJson(const Json& json, std::int64_t low, std::int64_t high) {
  // Written without a sign, a value can be too large for int64_t.
  const bool fits = json.is_number_unsigned()
                        ? json.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}
                        : json.is_number_integer();
  if (!fits || json.get<std::int64_t>() < low || json.get<std::int64_t>() > high) {
    throw Error(ErrorCode::kGallery, "a whole number from " + std::to_string(low) + " to " +
                                         std::to_string(high) + " is " + json.dump().substr(0, 40));
  }
  return json.get<std::int64_t>();
}

double NumberFromJson(const Json& json) {
  if (!json.is_number()) throw Error(ErrorCode::kGallery, "a number is " + json.dump().substr(0, 40));
  return json.get<double>();
}

Json ToJson(const ScoringOptions& options) {
  Json json = Json::object();
  if (options.method == Method::kSpade) {
    json["num_retrieved"] = options.num_retrieved;
    json["num_neighbors"] = options.num_neighbors;
  }
  json["sigma"] = options.sigma;
  if (options.method == Method::kSpade) {
    json["fusion"] = NameOf(FusionNames(), options.fusion);
    json["distance"] = NameOf(DistanceNames(), options.distance);
  }
  json["levels"] = options.levels;
  if (options.method == Method::kSpade) json["retrieval"] = NameOf(RetrievalNames(), options.retrieval);
  if (options.method == Method::kPatchCore) {
    json["coreset"] = options.coreset;
    json["pooling"] = NameOf(PoolingNames(), options.pooling);
    json["reweight_neighbors"] = options.reweight_neighbors;
    json["search"] = NameOf(BankIndexNames(), options.search);
  }
  if (options.method == Method::kPadim) json["dims"] = options.dims;
  json["image_score"] = NameOf(ImageScoreNames(), options.image_score);
  json["seed"] = options.seed;
  return json;
}

Json ToJson(const Preprocessing& preprocessing) {
  return {{"resize", ToJson(preprocessing.resize)},
          {"crop", preprocessing.crop ? ToJson(*preprocessing.crop) : Json(nullptr)},
          {"mean", preprocessing.mean},
          {"std", preprocessing.stddev},
          {"white_level", preprocessing.white_level}};
}

Method MethodFromJson(const Json& json) {
  const std::string name = json.get<std::string>();
  const auto found = MethodNames().find(name);
  if (found == MethodNames().end()) {
    throw Error(ErrorCode::kGallery, "method '" + name.substr(0, 80) + "' is not known to this version");
  }
  return found->second;
}

ScoringOptions ScoringOptionsFromJson(const Json& json, Method method) {
  return Translated("scoring options", [&] {
    ScoringOptions options;
    options.method = method;
    if (method == Method::kSpade) PutSpade(json, &options);
    if (method == Method::kPatchCore) PutPatchCore(json, &options);
    if (method == Method::kPadim) options.dims = IntFromJson(json.at("dims"));
    options.sigma = NumberFromJson(json.at("sigma"));
    options.levels = LevelsFromJson(json.at("levels"));
    options.image_score = EnumFromJson(json.at("image_score"), ImageScoreNames());
    options.seed = SeedFromJson(json.at("seed"));
    return options;
  });
}

Preprocessing PreprocessingFromJson(const Json& json) {
  return Translated("preprocessing options", [&] {
    Preprocessing preprocessing;
    preprocessing.resize = SizeFromJson(json.at("resize"));
    if (!json.at("crop").is_null()) preprocessing.crop = SizeFromJson(json.at("crop"));
    preprocessing.mean = ChannelsFromJson(json.at("mean"));
    preprocessing.stddev = ChannelsFromJson(json.at("std"));
    preprocessing.white_level = NumberFromJson(json.at("white_level"));
    Validate(preprocessing);
    return preprocessing;
  });
}

}  // namespace touchstone
