#include "touchstone/report/results.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "csv.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/store/options_json.h"
#include "touchstone/store/thresholds_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "touchstone.results/1";
constexpr std::uint64_t kMaxResultsBytes = std::uint64_t{1} << 31;

// The number that FormatNumber shows, so that all outputs agree.
Json Number(const std::optional<double>& value) {
  return value ? Json(std::strtod(FormatNumber(*value).c_str(), nullptr)) : Json(nullptr);
}

bool IsUtf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

// File names may hold any bytes, JSON only UTF-8. Where a name is not, "<key>" shows it with U+FFFD for what
// is not, and "<key>_bytes" holds all of it, so that evaluate still finds the file.
void PutName(Json* json, const char* key, const std::string& name) {
  (*json)[key] = name.empty() ? Json(nullptr) : Json(name);
  if (!IsUtf8(name))
    (*json)[std::string(key) + "_bytes"] = std::vector<std::uint8_t>(name.begin(), name.end());
}

std::string NameFrom(const Json& json, const char* key) {
  const auto bytes = json.find(std::string(key) + "_bytes");
  if (bytes != json.end()) {
    const auto values = bytes->get<std::vector<std::uint8_t>>();
    return {values.begin(), values.end()};
  }
  const Json& name = json.at(key);
  return name.is_null() ? "" : name.get<std::string>();
}

std::optional<double> NumberFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<double>(NumberFromJson(json));
}

Json CropJson(const Preprocessing& preprocessing) {
  const Rect crop = CropRect(preprocessing);
  return {{"x", crop.x}, {"y", crop.y}, {"width", crop.width}, {"height", crop.height}};
}

Json RegionsJson(const DefectRegions& regions) {
  Json json = Json::array();
  for (const DefectRegion& region : regions.worst) {
    json.push_back({{"box", {region.box.x, region.box.y, region.box.width, region.box.height}},
                    {"area_px", region.area_px},
                    {"peak", Number(region.peak)},
                    {"mean", Number(region.mean)},
                    {"centroid", {Number(region.centroid_x_px), Number(region.centroid_y_px)}}});
  }
  return json;
}

// A number in [low, high]; NaN, which no comparison holds for, is not.
double NumberFrom(const Json& json, double low, double high) {
  const double value = NumberFromJson(json);
  if (!(value >= low && value <= high)) {
    throw Error(ErrorCode::kResults,
                FormatNumber(value) + " is outside " + FormatNumber(low) + " to " + FormatNumber(high));
  }
  return value;
}

DefectRegion RegionFrom(const Json& json, Size size) {
  DefectRegion region;
  Rect& box = region.box;
  const Json& sides = json.at("box");
  box.x = static_cast<int>(IntegerFromJson(sides.at(0), 0, size.width - 1));
  box.y = static_cast<int>(IntegerFromJson(sides.at(1), 0, size.height - 1));
  box.width = static_cast<int>(IntegerFromJson(sides.at(2), 1, size.width - box.x));
  box.height = static_cast<int>(IntegerFromJson(sides.at(3), 1, size.height - box.y));
  region.area_px = IntegerFromJson(json.at("area_px"), 1, std::int64_t{box.width} * box.height);
  region.peak =
      NumberFrom(json.at("peak"), std::numeric_limits<float>::lowest(), std::numeric_limits<float>::max());
  region.mean = NumberFrom(json.at("mean"), std::numeric_limits<float>::lowest(), region.peak);
  region.centroid_x_px = NumberFrom(json.at("centroid").at(0), box.x, box.x + box.width - 1);
  region.centroid_y_px = NumberFrom(json.at("centroid").at(1), box.y, box.y + box.height - 1);
  return region;
}

std::optional<DefectRegions> RegionsFrom(const Json& image, Size size) {
  const Json& list = image.at("regions");
  if (list.is_null() && image.at("num_regions").is_null()) return std::nullopt;
  if (!list.is_array() || list.size() > kMaxDefectRegions) {
    throw Error(ErrorCode::kResults, "regions is not a list, or a longer one than is ever written");
  }
  DefectRegions regions;
  regions.num_regions = IntegerFromJson(image.at("num_regions"), static_cast<std::int64_t>(list.size()),
                                        std::int64_t{size.width} * size.height);
  for (const Json& region : list) regions.worst.push_back(RegionFrom(region, size));
  return regions;
}

// The thresholds, as the scores beside them are shown.
Json ThresholdsJson(Thresholds thresholds) {
  Json json = ToJson(thresholds);
  json["score"] = Number(thresholds.score);
  json["pixel"] = Number(thresholds.pixel);
  return json;
}

Json ImageJson(const ImageResult& image) {
  Json json = Json::object();
  PutName(&json, "path", image.path);
  PutName(&json, "source", image.source);
  PutName(&json, "label", image.label);
  json.update({{"sha256", image.sha256},
               {"width", image.size.width},
               {"height", image.size.height},
               {"score", Number(image.score)},
               {"retrieval_score", Number(image.retrieval_score)},
               {"map_max", Number(image.map_max)},
               {"p_value", Number(image.p_value)},
               {"verdict", image.verdict},
               {"gated", image.is_gated}});
  if (image.patch_max) json["patch_max"] = Number(image.patch_max);
  json["num_regions"] = image.regions ? Json(image.regions->num_regions) : Json(nullptr);
  json["regions"] = image.regions ? RegionsJson(*image.regions) : Json(nullptr);
  if (!image.regions) json["regions_reason"] = image.regions_reason;
  PutName(&json, "map", image.map);
  PutName(&json, "heatmap", image.heatmap);
  return json;
}

ImageResult ImageFrom(const Json& json) {
  ImageResult image;
  image.path = NameFrom(json, "path");
  image.source = NameFrom(json, "source");
  image.label = NameFrom(json, "label");
  image.sha256 = json.at("sha256").get<std::string>();
  image.size = {static_cast<int>(IntegerFromJson(json.at("width"), 1, 1 << 20)),
                static_cast<int>(IntegerFromJson(json.at("height"), 1, 1 << 20))};
  image.score = NumberFrom(json.at("score"));
  image.retrieval_score = NumberFrom(json.at("retrieval_score"));
  image.map_max = NumberFrom(json.at("map_max"));
  if (json.contains("patch_max")) image.patch_max = NumberFrom(json.at("patch_max"));
  image.p_value = NumberFrom(json.at("p_value"));
  image.verdict = json.at("verdict").get<std::string>();
  if (json.contains("regions")) {  // the first versions wrote no regions
    image.regions = RegionsFrom(json, image.size);
    if (!image.regions) image.regions_reason = json.at("regions_reason").get<std::string>();
  }
  image.is_gated = json.value("gated", false);  // nor had they a gate
  image.map = NameFrom(json, "map");
  image.heatmap = NameFrom(json, "heatmap");
  return image;
}

ImageResult FailedImageFrom(const Json& json) {
  ImageResult image;
  image.path = NameFrom(json, "path");
  image.error_code = json.at("code").get<std::string>();
  image.error = json.at("message").get<std::string>();
  return image;
}

void PutThresholds(const Json& json, Results* results) {
  const Json& thresholds = json.at("thresholds");
  if (thresholds.is_null()) {
    results->thresholds_reason = json.at("thresholds_reason").get<std::string>();
  } else {
    results->thresholds = ThresholdsFromJson(thresholds);
  }
  results->gate = NumberFrom(json.at("gate"));
}

Json ScaleJson(const std::optional<Interval>& scale) {
  return scale ? Json({{"low", Number(scale->low)}, {"high", Number(scale->high)}}) : Json(nullptr);
}

std::optional<Interval> ScaleFrom(const Json& json) {
  const auto scale = json.find("heatmap_scale");
  if (scale == json.end() || scale->is_null()) return std::nullopt;  // the first versions wrote none
  return Interval{NumberFromJson(scale->at("low")), NumberFromJson(scale->at("high"))};
}

Results ResultsFrom(const Json& json) {
  const std::string schema = json.at("schema").get<std::string>();
  if (schema != kSchema) {
    throw Error(ErrorCode::kResults, "its schema is '" + schema + "', this version reads '" + kSchema + "'");
  }
  Results results;
  results.touchstone_version = json.at("touchstone_version").get<std::string>();
  results.gallery = json.at("gallery").at("folder").get<std::string>();
  results.gallery_sha256 = json.at("gallery").at("sha256").get<std::string>();
  results.extractor_name = json.at("extractor").at("name").get<std::string>();
  results.extractor_sha256 = json.at("extractor").at("sha256").get<std::string>();
  results.options = ScoringOptionsFromJson(json.at("options"), MethodFromJson(json.at("method")));
  results.preprocessing = PreprocessingFromJson(json.at("preprocessing"));
  if (json.contains("thresholds")) PutThresholds(json, &results);  // nor thresholds
  if (json.contains("roi_sha256")) results.roi_sha256 = NameFrom(json, "roi_sha256");
  results.heatmap_scale = ScaleFrom(json);
  results.inputs = json.at("inputs").get<std::vector<std::string>>();
  results.maps_dir = NameFrom(json, "maps_dir");
  results.complete = json.at("complete").get<bool>();
  results.warnings = json.at("warnings").get<std::vector<std::string>>();
  for (const Json& entry : json.at("images")) results.images.push_back(ImageFrom(entry));
  for (const Json& entry : json.at("failed")) results.images.push_back(FailedImageFrom(entry));
  std::stable_sort(results.images.begin(), results.images.end(),
                   [](const ImageResult& a, const ImageResult& b) { return a.path < b.path; });
  return results;
}

}  // namespace

std::string FormatNumber(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string ScoresCsv(const Results& results) {
  std::string csv = "path,score,retrieval_score,map_max,p_value,verdict,error\n";
  for (const ImageResult& image : results.images) {
    csv += CsvCell(image.path) + ',' + CsvCell(image.score) + ',' + CsvCell(image.retrieval_score) + ',' +
           CsvCell(image.map_max) + ',' + CsvCell(image.p_value) + ',' + image.verdict + ',' +
           CsvCell(image.error) + '\n';
  }
  return csv;
}

std::string ResultsJson(const Results& results) {
  Json images = Json::array(), failed = Json::array();
  for (const ImageResult& image : results.images) {
    if (image.failed()) {
      Json entry = Json::object();
      PutName(&entry, "path", image.path);
      entry.update({{"code", image.error_code}, {"message", image.error}});
      failed.push_back(std::move(entry));
    } else {
      images.push_back(ImageJson(image));
    }
  }
  Json json = {{"schema", kSchema},
               {"touchstone_version", results.touchstone_version},
               {"method", NameOf(MethodNames(), results.options.method)},
               {"gallery", {{"folder", results.gallery}, {"sha256", results.gallery_sha256}}},
               {"extractor", {{"name", results.extractor_name}, {"sha256", results.extractor_sha256}}},
               {"options", ToJson(results.options)},
               {"preprocessing", ToJson(results.preprocessing)},
               {"crop_in_resized_frame", CropJson(results.preprocessing)},
               {"roi_sha256", results.roi_sha256.empty() ? Json(nullptr) : Json(results.roi_sha256)},
               {"thresholds", results.thresholds ? ThresholdsJson(*results.thresholds) : Json(nullptr)},
               {"heatmap_scale", ScaleJson(results.heatmap_scale)},
               {"gate", Number(results.gate)},
               {"inputs", results.inputs},
               {"warnings", results.warnings},
               {"images", images},
               {"failed", failed},
               {"complete", results.complete}};
  if (!results.thresholds) json["thresholds_reason"] = results.thresholds_reason;
  PutName(&json, "maps_dir", results.maps_dir);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Results ReadResults(const std::filesystem::path& results_folder) {
  const std::filesystem::path file = results_folder / "results.json";
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    throw Error(ErrorCode::kResults,
                "is not a results folder: it has no results.json; make one with touchstone score",
                results_folder);
  }
  try {
    const Bytes bytes = ReadFile(file, kMaxResultsBytes);
    return ResultsFrom(Json::parse(bytes.begin(), bytes.end()));
  } catch (const Json::exception& json_error) {
    throw Error(ErrorCode::kResults, std::string("is malformed: ") + json_error.what(), file);
  } catch (const Error& reason) {
    throw Error(ErrorCode::kResults, "is not usable: " + reason.message, file);
  }
}

}  // namespace touchstone
