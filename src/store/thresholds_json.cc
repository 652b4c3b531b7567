#include "touchstone/store/thresholds_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"
#include "touchstone/store/options_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxScores = std::size_t{1} << 20;

void PutThreshold(Json* json, const char* key, const std::optional<double>& value,
                  const Thresholds& thresholds) {
  (*json)[key] = value ? Json(*value) : Json(nullptr);
  if (!value) (*json)[std::string(key) + "_reason"] = WhyNoThreshold(thresholds.num_images, thresholds.rate);
}

std::optional<double> ThresholdFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<double>(NumberFromJson(json));
}

Evidence EvidenceFrom(const Json& json) {
  const std::string name = json.get<std::string>();
  const auto found = EvidenceNames().find(name);
  if (found == EvidenceNames().end())
    throw Error(ErrorCode::kGallery, "thresholds are of the unknown kind '" + name + "'");
  return found->second;
}

double RateFrom(const Json& json) {
  const double rate = NumberFromJson(json);
  if (!(rate > 0 && rate < 1))
    throw Error(ErrorCode::kGallery, "the false-alarm rate of the thresholds is not between 0 and 1");
  return rate;
}

std::vector<double> ScoresFrom(const Json& json, const char* key) {
  const Json& list = json.at(key);
  if (!list.is_array() || list.size() > kMaxScores)
    throw Error(ErrorCode::kGallery, std::string(key) + " of the thresholds is not a list of scores");
  std::vector<double> scores;
  for (const Json& score : list) scores.push_back(NumberFromJson(score));
  if (!std::is_sorted(scores.begin(), scores.end()))
    throw Error(ErrorCode::kGallery, std::string(key) + " of the thresholds is not in ascending order");
  return scores;
}

}  // namespace

Json ToJson(const Thresholds& thresholds) {
  Json json = {{"kind", NameOf(EvidenceNames(), thresholds.evidence)},
               {"rate", thresholds.rate},
               {"images", thresholds.num_images}};
  PutThreshold(&json, "score", thresholds.score, thresholds);
  PutThreshold(&json, "pixel", thresholds.pixel, thresholds);
  json["source"] = thresholds.source;
  return json;
}

Json ToJson(const Calibration& calibration, ImageScore image_score) {
  Json json = ToJson(ThresholdsOf(calibration, image_score));
  json["retrieval_scores"] = calibration.retrieval_scores;
  if (!calibration.patch_maxima.empty()) json["patch_maxima"] = calibration.patch_maxima;
  json["map_maxima"] = calibration.map_maxima;
  return json;
}

Thresholds ThresholdsFromJson(const Json& json) {
  Thresholds thresholds;
  thresholds.evidence = EvidenceFrom(json.at("kind"));
  thresholds.rate = RateFrom(json.at("rate"));
  thresholds.num_images = static_cast<std::size_t>(IntegerFromJson(json.at("images"), 0, kMaxScores));
  thresholds.score = ThresholdFrom(json.at("score"));
  thresholds.pixel = ThresholdFrom(json.at("pixel"));
  thresholds.source = json.at("source").get<std::string>();
  return thresholds;
}

Calibration CalibrationFromJson(const Json& json, ImageScore image_score) {
  const Thresholds stated = ThresholdsFromJson(json);
  const Calibration calibration{
      stated.evidence,
      stated.rate,
      ScoresFrom(json, "retrieval_scores"),
      ScoresFrom(json, "map_maxima"),
      stated.source,
      json.contains("patch_maxima") ? ScoresFrom(json, "patch_maxima") : std::vector<double>()};
  const Thresholds found = ThresholdsOf(calibration, image_score);
  const std::size_t num_images = calibration.map_maxima.size();
  const auto are_of_all = [&](const std::vector<double>& scores) {
    return scores.empty() || scores.size() == num_images;
  };
  if (!are_of_all(calibration.retrieval_scores) || !are_of_all(calibration.patch_maxima) ||
      ImageScores(calibration, image_score).size() != num_images || stated.num_images != found.num_images ||
      stated.score != found.score || stated.pixel != found.pixel) {
    throw Error(ErrorCode::kGallery, "the thresholds are not those of the scores beside them");
  }
  return calibration;
}

}  // namespace touchstone
