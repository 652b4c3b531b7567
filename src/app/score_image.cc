#include "app/score_image.h"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "app/fit_plan.h"
#include "app/load_image.h"
#include "app/looked_at.h"
#include "app/map_scale.h"
#include "app/output_folder.h"
#include "app/report_files.h"
#include "touchstone/app/version.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/methods/anomaly_map.h"
#include "touchstone/report/defect_regions.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr int kHeatmapCompression = 1;  // PNG level: heat maps are looked at, not archived

ImageResult Unscored(const InputItem& item) {
  ImageResult result;
  result.path = item.path;
  result.source = fs::absolute(item.file).lexically_normal().string();
  result.label = item.label;
  return result;
}

void FindRegions(const Judge& judge, const ScoreMap& map, ImageResult* result) {
  if (judge.calibration == nullptr) {
    result->regions_reason = judge.reason;
    return;
  }
  const Thresholds thresholds = ThresholdsOf(*judge.calibration, ImageScore::kMapMax);
  if (thresholds.pixel) {
    result->regions = FindDefectRegions(map, *thresholds.pixel);
  } else {
    result->regions_reason = WhyNoThreshold(thresholds.num_images, thresholds.rate);
  }
}

// Fills in what follows from the map and the method's scores.
void FillInScores(const ScoringContext& context, const ScoreMap& map, const MethodScores& scores,
                  ImageResult* result) {
  result->retrieval_score = scores.retrieval_score;
  result->map_max = *std::max_element(map.values.begin(), map.values.end());
  result->patch_max = scores.patch_max;
  const ImageScore image_score = context.scorer.options().image_score;
  result->score = result->map_max;
  if (image_score == ImageScore::kRetrieval) result->score = result->retrieval_score;
  if (image_score == ImageScore::kPatchMax) result->score = result->patch_max;
  PassVerdict(context.judge, image_score, result);
  FindRegions(context.judge, map, result);
}

// An image that the gate stopped is normal: none of its pixels is anomalous.
ScoreMap MapOf(const MethodScores& scores, const ScoringContext& context, Size size) {
  if (scores.grids.empty()) {
    return {size,
            std::vector<float>(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height))};
  }
  return MapOfGallery(context.gallery, context.scorer.options().sigma, scores.grids, size);
}

// An image in the middle of being scored.
struct StartedImage {
  ExaminedImage examined;  ///< but for scores and map
  std::uint64_t draw = 0;
};

StartedImage Start(const InputItem& item, const ScoringContext& context) {
  StartedImage started;
  ExaminedImage& examined = started.examined;
  ScoredImage& scored = examined.scored;
  scored.result = Unscored(item);
  StopWatch watch;
  const Preprocessing& preprocessing = context.gallery.manifest().preprocessing;
  LoadedImage loaded = LoadImage(item.file);
  examined.photo = std::move(loaded.image);
  scored.result.sha256 = loaded.sha256;
  scored.result.size = examined.photo.size;
  scored.bits_per_channel = examined.photo.bits_per_channel;
  scored.has_exif_orientation = examined.photo.has_exif_orientation;
  const std::vector<float> input = Preprocess(examined.photo, preprocessing);
  scored.times.decode_s = watch.Lap();
  examined.features = context.extractor.Extract(input, NetworkInputSize(preprocessing));
  scored.times.forward_s = watch.Lap();
  started.draw = std::stoull(loaded.sha256.substr(0, 16), nullptr, 16);
  return started;
}

void Search(const ScoringContext& context, const std::vector<StartedImage*>& images) {
  if (images.empty()) return;
  StopWatch watch;
  std::vector<ScorerQuery> queries;
  for (const StartedImage* image : images) queries.push_back({&image->examined.features, image->draw});
  const std::vector<char> ignored = IgnoredCells(context.gallery, context.scorer.options());
  std::vector<MethodScores> scores = context.scorer.ScoreEach(queries, {{}, context.gate, ignored});
  const double search_s = watch.Lap() / static_cast<double>(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    images[i]->examined.scores = std::move(scores[i]);
    images[i]->examined.scored.times.search_s += search_s;
  }
}

void MakeMap(const ScoringContext& context, ExaminedImage* examined) {
  StopWatch watch;
  ScoredImage& scored = examined->scored;
  examined->map = MapOf(examined->scores, context, examined->photo.size);
  scored.result.is_gated = examined->scores.grids.empty();
  FillInScores(context, examined->map, examined->scores, &scored.result);
  scored.times.write_s += watch.Lap();
}

// Images that are scored at once, each of which may fail by itself.
class ImageGroup {
 public:
  ImageGroup(const std::vector<InputItem>& items, const ScoringContext& context)
      : items_(items), context_(context), images_(items.size()) {}

  std::vector<ExaminedImage> Examine() {
    ForEach([&](std::size_t i) { images_[i] = Start(items_[i], context_); });
    SearchAll();
    ForEach([&](std::size_t i) { MakeMap(context_, &images_[i].examined); });
    std::vector<ExaminedImage> examined;
    for (StartedImage& image : images_) examined.push_back(std::move(image.examined));
    return examined;
  }

 private:
  bool HasFailed(std::size_t i) const { return images_[i].examined.scored.result.failed(); }

  // Calls step(i) for those that have not failed.
  void ForEach(const std::function<void(std::size_t)>& step) {
    ParallelFor(items_.size(), [&](std::size_t i) {
      if (HasFailed(i)) return;
      try {
        step(i);
      } catch (const Error& error) {
        images_[i] = {};
        ImageResult& result = images_[i].examined.scored.result;
        result = Unscored(items_[i]);
        result.error_code = ErrorCodeName(error.code);
        result.error = error.message;
      }
    });
  }

  void SearchAll() {
    std::vector<StartedImage*> images;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (!HasFailed(i)) images.push_back(&images_[i]);
    }
    try {
      Search(context_, images);
    } catch (const Error&) {  // which of them it is shows when each is on its own
      ForEach([&](std::size_t i) { Search(context_, {&images_[i]}); });
    }
  }

  const std::vector<InputItem>& items_;
  const ScoringContext& context_;
  std::vector<StartedImage> images_;
};

void CheckShapes(const Extractor& extractor, const Gallery& gallery) {
  const GalleryManifest& manifest = gallery.manifest();
  if (LevelShapes(extractor.info(), NetworkInputSize(manifest.preprocessing)) !=
          manifest.extractor.level_shapes ||
      static_cast<std::size_t>(extractor.info().global_size) != manifest.extractor.global_size) {
    throw Error(ErrorCode::kGallery,
                "the extractor's shapes are not those of the manifest; fit the gallery again",
                gallery.folder());
  }
}

}  // namespace

OpenedGallery OpenGallery(const fs::path& folder) {
  const Gallery described = Gallery::Open(folder, GalleryCheck::kManifest);
  const GalleryManifest& manifest = described.manifest();
  std::optional<Gallery> gallery;
  std::optional<Extractor> extractor;
  std::optional<Error> refused;  // of the extractor: what the gallery says comes first
  const auto load = [&] {
    try {
      extractor.emplace(
          Extractor::Load(ExtractorFile::Read(described.extractor_file(), manifest.extractor.sha256),
                          OutputsFor(manifest.options.method, manifest.options.levels)));
    } catch (const Error& error) {
      refused.emplace(error);
    }
  };
  RunBoth([&] { gallery.emplace(Gallery::Open(folder, GalleryCheck::kAllButExtractor)); }, load);
  if (gallery->sha256() != described.sha256()) {
    throw Error(ErrorCode::kGallery, "was replaced while it was opened; score again", folder);
  }
  if (refused) {
    gallery->CheckExtractor();
    throw Error(*refused);
  }
  CheckShapes(*extractor, *gallery);
  return {std::move(*gallery), std::move(*extractor)};
}

Results HeadingOf(const fs::path& folder, const Gallery& gallery, const ScoringOptions& options,
                  const Judge& judge) {
  const GalleryManifest& manifest = gallery.manifest();
  Results results;
  results.touchstone_version = Version();
  results.gallery = folder.string();
  results.gallery_sha256 = gallery.sha256();
  results.extractor_name = manifest.extractor.name;
  results.extractor_sha256 = manifest.extractor.sha256;
  results.options = options;
  results.preprocessing = manifest.preprocessing;
  results.roi_sha256 = gallery.roi_sha256();
  results.thresholds_reason = judge.reason;
  if (judge.calibration != nullptr) {
    results.thresholds = ThresholdsOf(*judge.calibration, options.image_score);
  }
  return results;
}

ExaminedImage ExamineImage(const InputItem& item, const ScoringContext& context) {
  StartedImage started = Start(item, context);
  Search(context, {&started});
  MakeMap(context, &started.examined);
  return std::move(started.examined);
}

ExaminedImage TryToExamine(const InputItem& item, const ScoringContext& context) {
  return std::move(TryToExamine(std::vector<InputItem>{item}, context)[0]);
}

std::vector<ExaminedImage> TryToExamine(const std::vector<InputItem>& items, const ScoringContext& context) {
  return ImageGroup(items, context).Examine();
}

std::size_t NumAtOnce(const Gallery& gallery, const Scorer& scorer) {
  std::size_t most_bytes = 1;
  for (const GalleryImage& image : gallery.manifest().images) {
    const std::size_t bytes_per_pixel = 3 * (image.bits_per_channel > 8 ? 2 : 1) + sizeof(float);
    most_bytes = std::max(most_bytes, bytes_per_pixel * image.size.width * image.size.height);
  }
  std::size_t feature_bytes = 0;
  for (const FeatureShape& shape : gallery.level_shapes())
    feature_bytes += shape.num_values() * sizeof(float);
  most_bytes += feature_bytes;
  return std::clamp<std::size_t>((std::size_t{256} << 20) / most_bytes, 1, scorer.num_at_once());
}

ScoredImage WritePictures(const InputItem& item, const ScoringContext& context, ExaminedImage examined) {
  ImageResult& result = examined.scored.result;
  if (result.failed()) return std::move(examined.scored);
  StopWatch watch;
  if (!context.maps_dir.empty()) {
    result.map = OutputStem(item.path) + ".tiff";
    WriteBelow(context.maps_dir, result.map, EncodeScoreMap(examined.map));
  }
  if (context.heatmap) {
    const Image heatmap = DrawHeatmap(examined.photo, examined.map, *context.heatmap);
    result.heatmap = "heatmaps/" + OutputStem(item.path) + ".png";
    WriteBelow(context.results_dir, result.heatmap, EncodePng(heatmap, kHeatmapCompression));
    WriteThumbnails(context.results_dir, item.path,
                    MakeThumbnails(examined.photo, examined.map, *context.heatmap, context.thumbnail_bytes));
  }
  examined.scored.times.write_s += watch.Lap();
  return std::move(examined.scored);
}

void RemovePictures(const ImageResult& result, const ScoringContext& context) {
  std::error_code ignored;
  if (!result.map.empty()) fs::remove(context.maps_dir / result.map, ignored);
  if (result.heatmap.empty()) return;
  fs::remove(context.results_dir / result.heatmap, ignored);
  RemoveThumbnails(context.results_dir, result.path);
}

}  // namespace touchstone
