#include "store/manifest_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/store/options_json.h"
#include "touchstone/store/thresholds_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "touchstone.gallery/1";
constexpr const char* kDigestKey = "sha256_of_the_rest";
constexpr int kMaxLevels = 16;
constexpr int kMaxDimension = 1 << 20;

[[noreturn]] void Refuse(const std::string& reason) { throw Error(ErrorCode::kGallery, reason); }

std::string DigestFrom(const Json& json) {
  const std::string digest = json.get<std::string>();
  if (digest.size() != 64 || digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
    Refuse("'" + digest.substr(0, 80) + "' is not a SHA-256 digest");
  }
  return digest;
}

int DimensionFrom(const Json& json) { return static_cast<int>(IntegerFromJson(json, 1, kMaxDimension)); }

int BitsFrom(const Json& json) {
  const auto bits = static_cast<int>(IntegerFromJson(json, 8, 16));
  if (bits != 8 && bits != 16) Refuse("an image of " + std::to_string(bits) + " bits is neither 8 nor 16");
  return bits;
}

// A segment lies in segments/ and nowhere else, whatever the manifest says.
std::string SegmentFileFrom(const Json& json) {
  const std::string file = json.get<std::string>();
  const std::string prefix = "segments/";
  const std::string name = file.substr(std::min(prefix.size(), file.size()));
  if (file.compare(0, prefix.size(), prefix) != 0 || name.empty() || name == "." || name == ".." ||
      name.find_first_of(std::string("/\0", 2)) != std::string::npos) {
    Refuse("segment file '" + file + "' does not lie in segments/");
  }
  return file;
}

Json ExtractorJson(const GalleryExtractor& extractor) {
  Json levels = Json::array();
  for (std::size_t l = 0; l < extractor.level_shapes.size(); ++l) {
    const FeatureShape& shape = extractor.level_shapes[l];
    levels.push_back({{"name", extractor.level_names[l]},
                      {"height", shape.height},
                      {"width", shape.width},
                      {"channels", shape.channels}});
  }
  return {{"file", "extractor.pt"},
          {"sha256", extractor.sha256},
          {"name", extractor.name},
          {"global_size", extractor.global_size},
          {"levels", levels}};
}

GalleryExtractor ExtractorFrom(const Json& json) {
  GalleryExtractor extractor;
  if (json.at("file").get<std::string>() != "extractor.pt") Refuse("extractor.file must be extractor.pt");
  extractor.sha256 = DigestFrom(json.at("sha256"));
  extractor.name = json.at("name").get<std::string>();
  extractor.global_size = static_cast<std::size_t>(DimensionFrom(json.at("global_size")));
  const Json& levels = json.at("levels");
  if (!levels.is_array() || levels.empty() || levels.size() > kMaxLevels)
    Refuse("extractor.levels is malformed");
  for (const Json& level : levels) {
    extractor.level_names.push_back(level.at("name").get<std::string>());
    extractor.level_shapes.push_back({DimensionFrom(level.at("height")), DimensionFrom(level.at("width")),
                                      DimensionFrom(level.at("channels"))});
  }
  return extractor;
}

Json ImagesJson(const std::vector<GalleryImage>& images) {
  Json json = Json::array();
  for (const GalleryImage& image : images) {
    json.push_back({{"path", image.path},
                    {"sha256", image.sha256},
                    {"width", image.size.width},
                    {"height", image.size.height},
                    {"bits", image.bits_per_channel}});
  }
  return json;
}

std::vector<GalleryImage> ImagesFrom(const Json& json) {
  if (!json.is_array() || json.empty()) Refuse("it names no images");
  std::vector<GalleryImage> images;
  for (const Json& entry : json) {
    images.push_back({entry.at("path").get<std::string>(),
                      DigestFrom(entry.at("sha256")),
                      {DimensionFrom(entry.at("width")), DimensionFrom(entry.at("height"))},
                      BitsFrom(entry.at("bits"))});
  }
  return images;
}

Json SegmentsJson(const std::vector<GallerySegment>& segments) {
  Json json = Json::array();
  for (const GallerySegment& segment : segments) {
    json.push_back({{"file", segment.file}, {"sha256", segment.sha256}, {"images", segment.num_images}});
  }
  return json;
}

// Methods that keep no features have no segments.
std::vector<GallerySegment> SegmentsFrom(const Json& json, std::size_t num_images, Method method) {
  if (!json.is_array()) Refuse("segments is not a list");
  if (method != Method::kSpade) {
    if (!json.empty()) Refuse("only spade keeps segments of features");
    return {};
  }
  std::vector<GallerySegment> segments;
  std::size_t total = 0;
  for (const Json& entry : json) {
    const auto count = static_cast<std::size_t>(DimensionFrom(entry.at("images")));
    segments.push_back({SegmentFileFrom(entry.at("file")), DigestFrom(entry.at("sha256")), count});
    total += count;
  }
  if (total != num_images) {
    Refuse("it names " + std::to_string(num_images) + " images, its segments hold " + std::to_string(total));
  }
  return segments;
}

Json ModelJson(const GalleryManifest& manifest) {
  if (!manifest.model) return nullptr;
  Json json = {
      {"file", manifest.model->file}, {"sha256", manifest.model->sha256}, {"rows", manifest.model->num_rows}};
  if (manifest.model->recall) json["recall"] = *manifest.model->recall;
  return json;
}

// Galleries of spade have none, and before there were other methods not even a word for it.
std::optional<GalleryModel> ModelFrom(const Json& json, Method method) {
  const auto model = json.find("model");
  const bool has_model = model != json.end() && !model->is_null();
  if (has_model == (method == Method::kSpade)) {
    Refuse(has_model ? "spade has no model" : "it names no model, which its method needs");
  }
  if (!has_model) return std::nullopt;
  constexpr std::int64_t kMostRows = std::int64_t{1} << 32;
  GalleryModel made{SegmentFileFrom(model->at("file")), DigestFrom(model->at("sha256")),
                    static_cast<std::size_t>(IntegerFromJson(model->at("rows"), 1, kMostRows)), std::nullopt};
  if (model->contains("recall")) made.recall = NumberFromJson(model->at("recall"));
  return made;
}

MapScale MapScaleFrom(const Json& json) {
  const MapScale scale{NumberFromJson(json.at("low")), NumberFromJson(json.at("high")),
                       json.at("source").get<std::string>()};
  if (!(scale.low < scale.high)) Refuse("map_scale is not an interval");
  return scale;
}

Json ThresholdsJson(const GalleryManifest& manifest) {
  return manifest.calibration ? ToJson(*manifest.calibration, manifest.options.image_score) : Json(nullptr);
}

// Galleries of early versions have none.
std::optional<Calibration> CalibrationFrom(const Json& json, const ScoringOptions& options) {
  const auto thresholds = json.find("thresholds");
  if (thresholds == json.end() || thresholds->is_null()) return std::nullopt;
  return CalibrationFromJson(*thresholds, options.image_score);
}

Json RoiJson(const GalleryManifest& manifest) {
  if (manifest.roi_sha256.empty()) return nullptr;
  return {{"file", "roi.png"}, {"sha256", manifest.roi_sha256}};
}

// Galleries of early versions have none.
std::string RoiDigestFrom(const Json& json) {
  const auto roi = json.find("roi");
  if (roi == json.end() || roi->is_null()) return "";
  if (roi->at("file").get<std::string>() != "roi.png") Refuse("roi.file must be roi.png");
  return DigestFrom(roi->at("sha256"));
}

std::string Dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace); }

// Of everything in the manifest but the digest itself.
std::string DigestOf(Json manifest) {
  manifest.erase(kDigestKey);
  const std::string text = Dump(manifest);
  return Sha256(text.data(), text.size());
}

// A manifest that somebody edited would score otherwise than the gallery was fitted to.
void CheckOwnDigest(const Json& json) {
  if (DigestFrom(json.at(kDigestKey)) != DigestOf(json)) {
    Refuse(
        "it was altered after fit wrote it; fit the gallery again (score's options override the stored "
        "ones)");
  }
}

// What the model's shapes follow from.
void CheckModelOptions(const GalleryManifest& manifest) {
  if (manifest.options.method == Method::kSpade) return;
  if (manifest.options.levels.empty()) Refuse("its levels are not named");
  int channels = 0;
  for (const int level : manifest.options.levels) {
    channels += manifest.extractor.level_shapes[static_cast<std::size_t>(level) - 1].channels;
  }
  const int dims = manifest.options.dims;
  if (manifest.options.method == Method::kPadim && (dims < 1 || dims > channels)) {
    Refuse("dims is " + std::to_string(dims) + ", and the levels have " + std::to_string(channels) +
           " channels");
  }
}

GalleryManifest ManifestFrom(const Json& json) {
  const std::string schema = json.at("schema").get<std::string>();
  if (schema != kSchema) {
    Refuse("its schema is '" + schema + "', this version reads '" + kSchema +
           "': fit the gallery again, or use the version of touchstone that made it");
  }
  GalleryManifest manifest;
  manifest.touchstone_version = json.at("touchstone_version").get<std::string>();
  manifest.options = ScoringOptionsFromJson(json.at("options"), MethodFromJson(json.at("method")));
  manifest.preprocessing = PreprocessingFromJson(json.at("preprocessing"));
  manifest.extractor = ExtractorFrom(json.at("extractor"));
  Validate(manifest.options, static_cast<int>(manifest.extractor.level_shapes.size()));
  CheckModelOptions(manifest);
  const std::string dtype = json.at("dtype").get<std::string>();
  if (dtype != "float32" && dtype != "float16")
    Refuse("dtype '" + dtype + "' is neither float32 nor float16");
  manifest.dtype = dtype == "float32" ? TensorType::kFloat32 : TensorType::kFloat16;
  manifest.calibration = CalibrationFrom(json, manifest.options);
  manifest.map_scale = MapScaleFrom(json.at("map_scale"));
  manifest.roi_sha256 = RoiDigestFrom(json);
  manifest.source = json.at("source").get<std::string>();
  manifest.images = ImagesFrom(json.at("images"));
  manifest.segments = SegmentsFrom(json.at("segments"), manifest.images.size(), manifest.options.method);
  manifest.model = ModelFrom(json, manifest.options.method);
  return manifest;
}

}  // namespace

std::string ManifestText(const GalleryManifest& manifest) {
  const Json json = {{"schema", kSchema},
                     {"touchstone_version", manifest.touchstone_version},
                     {"method", NameOf(MethodNames(), manifest.options.method)},
                     {"options", ToJson(manifest.options)},
                     {"preprocessing", ToJson(manifest.preprocessing)},
                     {"extractor", ExtractorJson(manifest.extractor)},
                     {"dtype", manifest.dtype == TensorType::kFloat32 ? "float32" : "float16"},
                     {"thresholds", ThresholdsJson(manifest)},
                     {"map_scale",
                      {{"low", manifest.map_scale.low},
                       {"high", manifest.map_scale.high},
                       {"source", manifest.map_scale.source}}},
                     {"roi", RoiJson(manifest)},
                     {"source", manifest.source},
                     {"images", ImagesJson(manifest.images)},
                     {"segments", SegmentsJson(manifest.segments)},
                     {"model", ModelJson(manifest)}};
  Json whole = Json::parse(Dump(json));  // as it will be read: what is not UTF-8 is replaced
  whole[kDigestKey] = DigestOf(whole);
  return Dump(whole) + "\n";
}

GalleryManifest ParseManifest(const std::string& text, const std::filesystem::path& file) {
  try {
    const Json json = Json::parse(text);
    GalleryManifest manifest = ManifestFrom(json);
    CheckOwnDigest(json);
    return manifest;
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kGallery, std::string("is not a gallery manifest: ") + error.what(), file);
  } catch (const Error& error) {
    throw Error(ErrorCode::kGallery, "is not usable: " + error.message, file);
  }
}

}  // namespace touchstone
