#include "app/score_image.h"

#include <algorithm>
#include <optional>

#include "app/load_image.h"
#include "app/map_scale.h"
#include "app/output_folder.h"
#include "app/report_files.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/methods/anomaly_map.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr int kHeatmapCompression = 1;  // PNG level: heat maps are looked at, not archived

// Decodes, extracts and searches; the part in which an image can be at fault.
SpadeScores FindScores(const InputItem& item, const ScoringContext& context, ScoredImage* scored,
                       Image* photo) {
  StopWatch watch;
  const Preprocessing& preprocessing = context.gallery.manifest().preprocessing;
  LoadedImage loaded = LoadImage(item.file);
  *photo = std::move(loaded.image);
  scored->result.sha256 = loaded.sha256;
  scored->result.size = photo->size;
  scored->bits_per_channel = photo->bits_per_channel;
  scored->has_exif_orientation = photo->has_exif_orientation;
  const std::vector<float> input = Preprocess(*photo, preprocessing);
  scored->times.decode_s = watch.Lap();
  const ImageFeatures features = context.extractor.Extract(input, NetworkInputSize(preprocessing));
  scored->times.forward_s = watch.Lap();
  const std::uint64_t draw = std::stoull(loaded.sha256.substr(0, 16), nullptr, 16);
  SpadeScores scores = context.scorer.Score(features, draw);
  scored->times.search_s = watch.Lap();
  return scores;
}

void WritePictures(const InputItem& item, const ScoringContext& context, const Image& photo,
                   const ScoreMap& map, ImageResult* result) {
  if (!context.maps_dir.empty()) {
    result->map = OutputStem(item.path) + ".tiff";
    WriteBelow(context.maps_dir, result->map, EncodeScoreMap(map));
  }
  if (context.heatmap) {
    const Image heatmap = DrawHeatmap(photo, map, *context.heatmap);
    result->heatmap = "heatmaps/" + OutputStem(item.path) + ".png";
    WriteBelow(context.results_dir, result->heatmap, EncodePng(heatmap, kHeatmapCompression));
    WriteThumbnails(context.results_dir, item.path, photo, map, *context.heatmap);
  }
}

}  // namespace

ScoredImage ScoreImage(const InputItem& item, const ScoringContext& context) {
  ScoredImage scored;
  ImageResult& result = scored.result;
  result.path = item.path;
  result.source = fs::absolute(item.file).lexically_normal().string();
  result.label = item.label;
  Image photo;
  std::optional<SpadeScores> scores;
  try {
    scores = FindScores(item, context, &scored, &photo);
  } catch (const Error& error) {
    result.error_code = ErrorCodeName(error.code);
    result.error = error.message;
    return scored;
  }
  StopWatch watch;
  const ScoringOptions& options = context.scorer.options();
  const ScoreMap map = MakeAnomalyMap(
      scores->grids, GeometryOf(context.gallery.manifest().preprocessing, options.sigma), photo.size);
  result.retrieval_score = scores->retrieval_score;
  result.map_max = *std::max_element(map.values.begin(), map.values.end());
  result.score = options.image_score == ImageScore::kMapMax ? result.map_max : result.retrieval_score;
  result.verdict = "undecided";  // no threshold yet
  result.regions_reason = "the gallery has no pixel threshold";
  WritePictures(item, context, photo, map, &result);
  scored.times.write_s = watch.Lap();
  return scored;
}

}  // namespace touchstone
