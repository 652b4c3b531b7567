#include "touchstone/app/inspect.h"

#include <nlohmann/json.hpp>

#include "touchstone/backbone/extractor.h"
#include "touchstone/core/text.h"
#include "touchstone/report/results.h"
#include "touchstone/store/gallery.h"
#include "touchstone/store/model_file.h"
#include "touchstone/store/options_json.h"
#include "touchstone/store/thresholds_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNameWidth = 16;

// Values come from files that somebody else may have written.
std::string Line(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < kNameWidth ? kNameWidth - name.size() : 1, ' ') + Printable(value) +
         '\n';
}

std::string Described(const FeatureShape& shape) {
  return std::to_string(shape.height) + " x " + std::to_string(shape.width) + " x " +
         std::to_string(shape.channels);
}

std::string Dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

// What only one method has, in words.
std::string MethodOptionsText(const ScoringOptions& options) {
  switch (options.method) {
    case Method::kSpade:
      return "K = " + std::to_string(options.num_retrieved) +
             ", k = " + std::to_string(options.num_neighbors) + ", fusion " +
             NameOf(FusionNames(), options.fusion) + ", distance " +
             NameOf(DistanceNames(), options.distance) + ", retrieval " +
             NameOf(RetrievalNames(), options.retrieval);
    case Method::kPatchCore:
      return "coreset " + ShortText(options.coreset) + ", pooling " +
             NameOf(PoolingNames(), options.pooling) + ", re-weighting by " +
             std::to_string(options.reweight_neighbors) + ", search " +
             NameOf(BankIndexNames(), options.search);
    case Method::kPadim:
      break;
  }
  return "dims " + std::to_string(options.dims);
}

std::string OptionsText(const ScoringOptions& options) {
  std::string levels;
  for (const int level : options.levels) levels += (levels.empty() ? "" : ",") + std::to_string(level);
  return MethodOptionsText(options) + ", levels " + levels + ", sigma " + ShortText(options.sigma) +
         ", image score " + NameOf(ImageScoreNames(), options.image_score);
}

// What the method made of the images, in words.
std::string ModelText(const GalleryManifest& manifest) {
  if (!manifest.model) return "";
  const std::string rows = std::to_string(manifest.model->num_rows);
  if (manifest.options.method == Method::kPatchCore) {
    const std::optional<double>& recall = manifest.model->recall;
    return Line("model", rows + " patches" +
                             (recall ? "; searched by codes, which find the nearest for " +
                                           ShortText(100 * *recall) + " %"
                                     : ""));
  }
  const bool is_low_rank = static_cast<int>(manifest.images.size()) < manifest.options.dims;
  return Line("model",
              "a Gaussian of " + std::to_string(manifest.options.dims) + " channels for each place" +
                  (is_low_rank ? ", of fewer images than channels: it measures the distance to what the "
                                 "images span"
                               : ""));
}

std::string PreprocessingText(const Preprocessing& preprocessing) {
  return "resize " + SizeText(preprocessing.resize) + ", crop " +
         (preprocessing.crop ? SizeText(*preprocessing.crop) : "none");
}

std::string ThresholdsText(const GalleryManifest& manifest) {
  if (!manifest.calibration)
    return Line("thresholds", "none: verdicts are undecided; gallery calibrate makes them");
  const Thresholds thresholds = ThresholdsOf(*manifest.calibration, manifest.options.image_score);
  const std::string made = NameOf(EvidenceNames(), thresholds.evidence) + " for " + Percent(thresholds.rate) +
                           " false alarms, from " + thresholds.source;
  if (!thresholds.score) {
    return Line("thresholds", "none: verdicts are undecided") + Line("", made) +
           Line("", WhyNoThreshold(thresholds.num_images, thresholds.rate));
  }
  return Line("thresholds", made) + Line("  score", FormatNumber(*thresholds.score)) +
         Line("  pixel", FormatNumber(*thresholds.pixel));
}

Json ThresholdsJson(const GalleryManifest& manifest) {
  if (!manifest.calibration) return nullptr;
  return ToJson(ThresholdsOf(*manifest.calibration, manifest.options.image_score));
}

Json GalleryJson(const Gallery& gallery) {
  const GalleryManifest& manifest = gallery.manifest();
  return {{"schema", "touchstone.gallery-info/1"},
          {"folder", gallery.folder().string()},
          {"sha256", gallery.sha256()},
          {"touchstone_version", manifest.touchstone_version},
          {"method", NameOf(MethodNames(), manifest.options.method)},
          {"num_images", manifest.images.size()},
          {"num_segments", manifest.segments.size()},
          {"model_rows", manifest.model ? Json(manifest.model->num_rows) : Json(nullptr)},
          {"search_recall",
           manifest.model && manifest.model->recall ? Json(*manifest.model->recall) : Json(nullptr)},
          {"dtype", manifest.dtype == TensorType::kFloat32 ? "float32" : "float16"},
          {"options", ToJson(manifest.options)},
          {"preprocessing", ToJson(manifest.preprocessing)},
          {"extractor", {{"name", manifest.extractor.name}, {"sha256", manifest.extractor.sha256}}},
          {"roi_sha256", manifest.roi_sha256.empty() ? Json(nullptr) : Json(manifest.roi_sha256)},
          {"thresholds", ThresholdsJson(manifest)}};
}

// "0.485 0.456 0.406"
std::string Triple(const std::array<float, 3>& v) {
  char triple[96];
  std::snprintf(triple, sizeof triple, "%g %g %g", static_cast<double>(v[0]), static_cast<double>(v[1]),
                static_cast<double>(v[2]));
  return triple;
}

std::string ExtractorText(const std::filesystem::path& file, const std::string& sha256,
                          const ExtractorInfo& info) {
  const Size input = NetworkInputSize(Preprocessing{});
  const std::vector<FeatureShape> shapes = LevelShapes(info, input);
  std::string text = Line("model", file.string()) + Line("sha256", sha256) +
                     Line("name", info.name + ", version " + info.version) + Line("license", info.license) +
                     Line("weights", info.weights_source);
  if (info.has_random_weights()) text += Line("", "RANDOM WEIGHTS: for speed and smoke tests only");
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    text += Line("level " + std::to_string(l + 1), Described(shapes[l]) + "  (" + info.levels[l].name +
                                                       ", stride " + std::to_string(info.levels[l].stride) +
                                                       ", at " + SizeText(input) + ")");
  }
  return text + Line("global", std::to_string(info.global_size)) +
         Line("input", "multiples of " + std::to_string(info.input_multiple) + " pixels; mean " +
                           Triple(info.mean) + ", std " + Triple(info.stddev) + " of RGB in 0..1");
}

Json ExtractorJson(const std::filesystem::path& file, const std::string& sha256, const ExtractorInfo& info) {
  Json levels = Json::array();
  for (const auto& level : info.levels)
    levels.push_back({{"name", level.name}, {"channels", level.channels}, {"stride", level.stride}});
  return {{"schema", "touchstone.model-info/1"},
          {"file", file.string()},
          {"sha256", sha256},
          {"name", info.name},
          {"version", info.version},
          {"license", info.license},
          {"weights", {{"source", info.weights_source}, {"sha256", info.weights_sha256}}},
          {"mean", info.mean},
          {"std", info.stddev},
          {"levels", levels},
          {"global_size", info.global_size},
          {"input_multiple", info.input_multiple},
          {"default_levels", info.default_levels}};
}

}  // namespace

Description DescribeGallery(const std::filesystem::path& folder) {
  const Gallery gallery = Gallery::Open(folder, GalleryCheck::kManifest);
  const GalleryManifest& manifest = gallery.manifest();
  std::string text = Line("gallery", folder.string()) + Line("sha256", gallery.sha256()) +
                     Line("made by", "touchstone " + manifest.touchstone_version) +
                     Line("method", NameOf(MethodNames(), manifest.options.method)) +
                     Line("images", std::to_string(manifest.images.size()) + " from " + manifest.source) +
                     Line("extractor", manifest.extractor.name + " (" + manifest.extractor.sha256 + ")") +
                     Line("preprocessing", PreprocessingText(manifest.preprocessing)) +
                     (manifest.roi_sha256.empty()
                          ? ""
                          : Line("looks at", "what is white in roi.png (" + manifest.roi_sha256 + ")")) +
                     Line("scoring", OptionsText(manifest.options)) + ModelText(manifest) +
                     Line("numbers", manifest.dtype == TensorType::kFloat32 ? "float32" : "float16");
  for (std::size_t l = 0; l < manifest.extractor.level_shapes.size(); ++l) {
    text += Line("level " + std::to_string(l + 1), Described(manifest.extractor.level_shapes[l]) + "  (" +
                                                       manifest.extractor.level_names[l] + ")");
  }
  text += Line("global", std::to_string(manifest.extractor.global_size)) + ThresholdsText(manifest);
  return {text, Dump(GalleryJson(gallery))};
}

Description ListGallery(const std::filesystem::path& folder) {
  const Gallery gallery = Gallery::Open(folder, GalleryCheck::kManifest);
  Description description;
  Json images = Json::array();
  for (const GalleryImage& image : gallery.manifest().images) {
    description.text += Printable(image.path) + '\t' + SizeText(image.size) + '\t' +
                        std::to_string(image.bits_per_channel) + '\t' + image.sha256 + '\n';
    images.push_back({{"path", image.path},
                      {"width", image.size.width},
                      {"height", image.size.height},
                      {"bits", image.bits_per_channel},
                      {"sha256", image.sha256}});
  }
  description.json =
      Dump({{"schema", "touchstone.gallery-list/1"}, {"sha256", gallery.sha256()}, {"images", images}});
  return description;
}

Description VerifyGallery(const std::filesystem::path& folder) {
  const Gallery gallery = Gallery::Open(folder, GalleryCheck::kDigests);
  CheckModel(gallery);
  const std::size_t num_segments = gallery.manifest().segments.size();
  const std::string kept = gallery.manifest().model ? " and the model made of them"
                                                    : " in " + CountText(num_segments, "segment", "segments");
  return {"whole: " + CountText(gallery.num_images(), "image", "images") + kept +
              ", extractor and digests as the manifest says\n",
          Dump({{"schema", "touchstone.gallery-verify/1"},
                {"sha256", gallery.sha256()},
                {"num_images", gallery.num_images()},
                {"num_segments", num_segments},
                {"whole", true}})};
}

Description DescribeModel(const std::string& name_or_file) {
  const std::filesystem::path file = FindModel(name_or_file, "");
  ExtractorFile read = ExtractorFile::Read(file);
  const std::string sha256 = read.Sha256();
  const Extractor extractor = Extractor::Load(std::move(read));  // a file that cannot be run is not described
  return {ExtractorText(file, sha256, extractor.info()), Dump(ExtractorJson(file, sha256, extractor.info()))};
}

}  // namespace touchstone
