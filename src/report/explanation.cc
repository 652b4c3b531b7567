#include "touchstone/report/explanation.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

// The number that FormatNumber shows, so that all outputs agree.
double Shown(double value) { return std::strtod(FormatNumber(value).c_str(), nullptr); }

Json BoxJson(const Rect& box) { return {box.x, box.y, box.width, box.height}; }

Json MatchJson(const PatchMatch& match) {
  Json json = {
      {"levels", match.levels}, {"box", BoxJson(match.patch)}, {"patch_score", Shown(match.patch_score)}};
  if (match.nearest) {
    json["nearest"] = {{"index", match.nearest->image},
                       {"path", match.nearest->path},
                       {"box", BoxJson(match.nearest->patch)},
                       {"distance", Shown(match.nearest->distance)}};
  } else {
    json["nearest"] = nullptr;
    json["nearest_reason"] = "the method compares with a Gaussian of this place, not with patches";
  }
  return json;
}

Json HotSpotJson(const HotSpot& hot_spot, const std::optional<double>& threshold) {
  Json matches = Json::array(), shares = Json::array();
  for (const PatchMatch& match : hot_spot.matches) matches.push_back(MatchJson(match));
  for (const LevelShare& share : hot_spot.shares) {
    shares.push_back({{"level", share.level}, {"percent", 100 * share.share}});
  }
  return {{"x", hot_spot.x_px},
          {"y", hot_spot.y_px},
          {"map", Shown(hot_spot.value)},
          {"above_threshold", threshold ? Json(hot_spot.value > *threshold) : Json(nullptr)},
          {"patches", matches},
          {"level_shares", shares}};
}

}  // namespace

const PatchMatch& ShownMatch(const HotSpot& hot_spot) {
  if (hot_spot.matches.size() == 1) return hot_spot.matches[0];
  const auto largest =
      std::max_element(hot_spot.shares.begin(), hot_spot.shares.end(),
                       [](const LevelShare& a, const LevelShare& b) { return a.share < b.share; });
  return hot_spot.matches.at(static_cast<std::size_t>(largest - hot_spot.shares.begin()));
}

std::string ExplanationJson(const Explanation& explanation) {
  Json json = Json::parse(ResultsJson(explanation.run));
  json["schema"] = "touchstone.explanation/1";
  json["image"] = json.at("images").at(0);
  for (const char* key : {"map", "heatmap"}) json["image"].erase(key);
  for (const char* key : {"images", "failed", "inputs", "maps_dir", "complete", "gate"}) json.erase(key);
  json["pixel_threshold"] =
      explanation.pixel_threshold ? Json(Shown(*explanation.pixel_threshold)) : Json(nullptr);
  json["hot_spots_are"] = explanation.hot_spots_are;
  json["hot_spots"] = Json::array();
  for (const HotSpot& hot_spot : explanation.hot_spots) {
    json["hot_spots"].push_back(HotSpotJson(hot_spot, explanation.pixel_threshold));
  }
  json["compared_with"] = explanation.compared_with;
  json["retrieved"] = Json::array();
  for (const RetrievedImage& image : explanation.retrieved) {
    json["retrieved"].push_back(
        {{"index", image.index}, {"path", image.path}, {"distance", Shown(image.distance)}});
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace touchstone
