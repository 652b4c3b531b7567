#include "touchstone/store/options_json.h"

#include <nlohmann/json.hpp>

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

Size SizeFromJson(const Json& json) { return {json.at(0).get<int>(), json.at(1).get<int>()}; }

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

Json ToJson(const ScoringOptions& options) {
  return {{"num_retrieved", options.num_retrieved},
          {"num_neighbors", options.num_neighbors},
          {"sigma", options.sigma},
          {"fusion", NameOf(FusionNames(), options.fusion)},
          {"distance", NameOf(DistanceNames(), options.distance)},
          {"levels", options.levels},
          {"retrieval", NameOf(RetrievalNames(), options.retrieval)},
          {"image_score", NameOf(ImageScoreNames(), options.image_score)},
          {"seed", options.seed}};
}

Json ToJson(const Preprocessing& preprocessing) {
  return {{"resize", ToJson(preprocessing.resize)},
          {"crop", preprocessing.crop ? ToJson(*preprocessing.crop) : Json(nullptr)},
          {"mean", preprocessing.mean},
          {"std", preprocessing.stddev},
          {"white_level", preprocessing.white_level}};
}

ScoringOptions ScoringOptionsFromJson(const Json& json) {
  return Translated("scoring options", [&] {
    ScoringOptions options;
    options.num_retrieved = json.at("num_retrieved").get<int>();
    options.num_neighbors = json.at("num_neighbors").get<int>();
    options.sigma = json.at("sigma").get<double>();
    options.fusion = EnumFromJson(json.at("fusion"), FusionNames());
    options.distance = EnumFromJson(json.at("distance"), DistanceNames());
    options.levels = json.at("levels").get<std::vector<int>>();
    options.retrieval = EnumFromJson(json.at("retrieval"), RetrievalNames());
    options.image_score = EnumFromJson(json.at("image_score"), ImageScoreNames());
    options.seed = json.at("seed").get<std::uint64_t>();
    return options;
  });
}

Preprocessing PreprocessingFromJson(const Json& json) {
  return Translated("preprocessing options", [&] {
    Preprocessing preprocessing;
    preprocessing.resize = SizeFromJson(json.at("resize"));
    if (!json.at("crop").is_null()) preprocessing.crop = SizeFromJson(json.at("crop"));
    preprocessing.mean = json.at("mean").get<std::array<float, 3>>();
    preprocessing.stddev = json.at("std").get<std::array<float, 3>>();
    preprocessing.white_level = json.at("white_level").get<double>();
    Validate(preprocessing);
    return preprocessing;
  });
}

}  // namespace touchstone
