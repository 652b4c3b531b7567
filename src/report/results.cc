#include "touchstone/report/results.h"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/store/options_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "touchstone.results/1";
constexpr std::uint64_t kMaxResultsBytes = std::uint64_t{1} << 31;

// The number that FormatNumber shows, so that all outputs agree.
Json Number(const std::optional<double>& value) {
  return value ? Json(std::strtod(FormatNumber(*value).c_str(), nullptr)) : Json(nullptr);
}

std::string Cell(const std::optional<double>& value) { return value ? FormatNumber(*value) : ""; }

std::string Cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + '"';
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string TextFrom(const Json& json) { return json.is_null() ? "" : json.get<std::string>(); }

std::optional<double> NumberFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<double>(json.get<double>());
}

Json CropJson(const Preprocessing& preprocessing) {
  const Rect crop = CropRect(preprocessing);
  return {{"x", crop.x}, {"y", crop.y}, {"width", crop.width}, {"height", crop.height}};
}

Json ImageJson(const ImageResult& image) {
  return {{"path", image.path},
          {"source", image.source},
          {"label", image.label},
          {"sha256", image.sha256},
          {"width", image.size.width},
          {"height", image.size.height},
          {"score", Number(image.score)},
          {"retrieval_score", Number(image.retrieval_score)},
          {"map_max", Number(image.map_max)},
          {"p_value", nullptr},
          {"verdict", image.verdict},
          {"map", TextOrNull(image.map)},
          {"heatmap", TextOrNull(image.heatmap)}};
}

ImageResult ImageFrom(const Json& json) {
  ImageResult image;
  image.path = json.at("path").get<std::string>();
  image.source = json.at("source").get<std::string>();
  image.label = json.at("label").get<std::string>();
  image.sha256 = json.at("sha256").get<std::string>();
  image.size = {json.at("width").get<int>(), json.at("height").get<int>()};
  image.score = NumberFrom(json.at("score"));
  image.retrieval_score = NumberFrom(json.at("retrieval_score"));
  image.map_max = NumberFrom(json.at("map_max"));
  image.verdict = json.at("verdict").get<std::string>();
  image.map = TextFrom(json.at("map"));
  image.heatmap = TextFrom(json.at("heatmap"));
  return image;
}

Results ResultsFrom(const Json& json) {
  const std::string schema = json.at("schema").get<std::string>();
  if (schema != kSchema) {
    throw Error(ErrorCode::kResults, "its schema is '" + schema + "', this version reads '" + kSchema + "'");
  }
  Results results;
  results.touchstone_version = json.at("touchstone_version").get<std::string>();
  results.method = json.at("method").get<std::string>();
  results.gallery = json.at("gallery").at("folder").get<std::string>();
  results.gallery_sha256 = json.at("gallery").at("sha256").get<std::string>();
  results.extractor_name = json.at("extractor").at("name").get<std::string>();
  results.extractor_sha256 = json.at("extractor").at("sha256").get<std::string>();
  results.options = ScoringOptionsFromJson(json.at("options"));
  results.preprocessing = PreprocessingFromJson(json.at("preprocessing"));
  results.inputs = json.at("inputs").get<std::vector<std::string>>();
  results.maps_dir = TextFrom(json.at("maps_dir"));
  results.complete = json.at("complete").get<bool>();
  for (const Json& entry : json.at("images")) results.images.push_back(ImageFrom(entry));
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
    csv += Cell(image.path) + ',' + Cell(image.score) + ',' + Cell(image.retrieval_score) + ',' +
           Cell(image.map_max) + ",," + image.verdict + ',' + Cell(image.error) + '\n';
  }
  return csv;
}

std::string ResultsJson(const Results& results) {
  Json images = Json::array(), failed = Json::array();
  for (const ImageResult& image : results.images) {
    if (image.failed()) {
      failed.push_back({{"path", image.path}, {"code", image.error_code}, {"message", image.error}});
    } else {
      images.push_back(ImageJson(image));
    }
  }
  const Json json = {{"schema", kSchema},
                     {"touchstone_version", results.touchstone_version},
                     {"method", results.method},
                     {"gallery", {{"folder", results.gallery}, {"sha256", results.gallery_sha256}}},
                     {"extractor", {{"name", results.extractor_name}, {"sha256", results.extractor_sha256}}},
                     {"options", ToJson(results.options)},
                     {"preprocessing", ToJson(results.preprocessing)},
                     {"crop_in_resized_frame", CropJson(results.preprocessing)},
                     {"inputs", results.inputs},
                     {"maps_dir", TextOrNull(results.maps_dir)},
                     {"warnings", results.warnings},
                     {"images", images},
                     {"failed", failed},
                     {"complete", results.complete}};
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
