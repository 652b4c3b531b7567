#include "touchstone/app/explain.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "app/make_scorer.h"
#include "app/map_scale.h"
#include "app/overrides.h"
#include "app/score_image.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/text.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/reader.h"
#include "touchstone/image/roi.h"
#include "touchstone/methods/map_origin.h"
#include "touchstone/methods/region_weights.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShownRetrieved = 10;
constexpr int kPngCompression = 6;

InputItem OneImage(const std::string& image) {
  std::error_code error;
  if (fs::is_directory(image, error)) {
    throw Error(ErrorCode::kUsage, "is a folder: explain takes one image; score takes folders", image);
  }
  return ListInputs({image}).at(0);
}

void CheckOutput(const ExplainOptions& options) {
  std::error_code error;
  const fs::path folder = fs::absolute(options.output).parent_path();
  if (options.output.extension() != ".png") {
    throw Error(ErrorCode::kUsage, "--output: must end in .png, which is what is written", options.output);
  }
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorCode::kUsage, "--output: there is no such folder; make it first", folder);
  }
  if (!fs::exists(options.output, error)) return;
  if (!fs::is_regular_file(options.output, error) || fs::equivalent(options.output, options.image, error)) {
    throw Error(ErrorCode::kUsage, "--output: is no file that may be replaced; name another", options.output);
  }
  if (!options.force) {
    throw Error(ErrorCode::kUsage, "--output: exists; name another file, or give --force to replace it",
                options.output);
  }
}

// Finds out what an image's map was made of.
class Explainer {
 public:
  Explainer(const Gallery& gallery, const Scorer& scorer, const ExaminedImage& examined)
      : gallery_(gallery),
        scorer_(scorer),
        options_(scorer.options()),
        examined_(examined),
        geometry_(GeometryOf(gallery.manifest().preprocessing, options_.sigma)) {}

  // The maxima above the threshold; where there are none, or no threshold, what comes nearest to that.
  std::vector<MapPeak> Peaks(const std::optional<double>& threshold, std::string* what_they_are) const {
    const Size input{geometry_.resized}, photo = examined_.photo.size;
    const double reach = std::max(kMinPeakDistance, 4 * geometry_.sigma);
    const PeakDistance distance{reach * photo.width / input.width, reach * photo.height / input.height};
    std::vector<MapPeak> peaks = FindPeaks(examined_.map, threshold.value_or(0), distance, kMaxHotSpots);
    *what_they_are = "the highest maxima of the map (there is no pixel threshold to choose by)";
    if (threshold) *what_they_are = "the highest maxima of the map above the pixel threshold";
    if (threshold && peaks.empty()) {
      peaks = FindPeaks(examined_.map, 0, distance, 1);
      *what_they_are = "none is above the pixel threshold; the highest maximum of the map";
    }
    return peaks;
  }

  HotSpot Explained(const MapPeak& peak) const {
    HotSpot hot_spot{peak.x_px, peak.y_px, peak.value, {}, {}};
    for (std::size_t space = 0; space < examined_.scores.grids.size(); ++space) {
      const std::size_t location = LargestContribution(LookedAt(examined_.scores.grids[space]), geometry_,
                                                       examined_.photo.size, peak.x_px, peak.y_px);
      hot_spot.matches.push_back(Match(space, location));
      for (const LevelPart& part : scorer_.Parts(examined_.features, examined_.scores, space, location)) {
        hot_spot.shares.push_back({part.level, part.distance});
      }
    }
    double sum = 0;
    for (const LevelShare& part : hot_spot.shares) sum += part.share;
    if (!(sum > 0)) hot_spot.shares.clear();
    for (LevelShare& part : hot_spot.shares) part.share /= sum;
    return hot_spot;
  }

  std::vector<RetrievedImage> Retrieved() const {
    std::vector<RetrievedImage> retrieved;
    for (const Neighbor& neighbor : examined_.scores.retrieved) {
      retrieved.push_back({neighbor.row, gallery_.manifest().images[neighbor.row].path,
                           AsDistance(neighbor.squared_distance)});
    }
    return retrieved;
  }

  std::string ComparedWith() const {
    const GalleryManifest& manifest = gallery_.manifest();
    const std::string images = CountText(manifest.images.size(), "normal image", "normal images");
    if (options_.method == Method::kPatchCore) {
      return CountText(manifest.model->num_rows, "patch", "patches") + " kept of " + images;
    }
    if (options_.method == Method::kPadim) return "a Gaussian for each place, of " + images;
    return CountText(examined_.scores.retrieved.size(), "normal image", "normal images") +
           ", these first (distance of the whole picture below each):";
  }

 private:
  static constexpr double kMinPeakDistance = 8;  // px of the network's input

  ScoreMap LookedAt(const ScoreMap& grid) const {
    if (!gallery_.roi()) return grid;
    return Weighted(grid, RegionWeights(*gallery_.roi(), geometry_, grid.size));
  }

  double AsDistance(double squared) const {
    const bool is_squared = options_.method == Method::kSpade && options_.distance == Distance::kL2Squared;
    return is_squared ? squared : std::sqrt(squared);
  }

  PatchMatch Match(std::size_t space, std::size_t location) const {
    const ScoreMap& grid = examined_.scores.grids[space];
    PatchMatch match;
    match.levels = examined_.scores.grid_levels[space];
    match.patch = CellInPhotograph(grid.size, location, geometry_, examined_.photo.size);
    match.patch_score = grid.values[location];
    if (!examined_.scores.nearest.empty()) {
      match.nearest = Nearest(grid.size, examined_.scores.nearest[space][location]);
    }
    return match;
  }

  NearestPatch Nearest(Size grid, const PatchNeighbor& neighbor) const {
    NearestPatch nearest;
    nearest.image = static_cast<std::size_t>(neighbor.image);
    const GalleryImage& normal = gallery_.manifest().images[nearest.image];
    nearest.path = normal.path;
    nearest.size = normal.size;
    nearest.patch =
        CellInPhotograph(grid, static_cast<std::size_t>(neighbor.location), geometry_, normal.size);
    nearest.distance = AsDistance(neighbor.squared_distance);
    return nearest;
  }

  const Gallery& gallery_;
  const Scorer& scorer_;
  const ScoringOptions& options_;
  const ExaminedImage& examined_;
  MapGeometry geometry_;
};

// Small pictures of the gallery's images; one that is not to be had is empty, and counted.
class Previews {
 public:
  explicit Previews(const Gallery& gallery) : gallery_(gallery) {}

  Image Read(std::size_t image) {
    try {
      return ReadImage(gallery_.folder() / PreviewPath(image));
    } catch (const Error&) {
      ++num_lost_;
      return {};
    }
  }

  void WarnOfLost(ProgressSink& progress) const {
    if (num_lost_ == 0) return;
    progress.Warn(
        std::to_string(num_lost_) +
        " of the gallery's previews are missing or damaged and left blank; the scores do not need them");
  }

 private:
  const Gallery& gallery_;
  std::size_t num_lost_ = 0;
};

ExplanationPreviews ReadPreviews(const Gallery& gallery, const Explanation& explanation,
                                 ProgressSink& progress) {
  Previews previews(gallery);
  ExplanationPreviews read;
  for (const HotSpot& hot_spot : explanation.hot_spots) {
    const std::optional<NearestPatch>& nearest = ShownMatch(hot_spot).nearest;
    read.of_hot_spots.push_back(nearest ? previews.Read(nearest->image) : Image());
  }
  for (std::size_t i = 0; i < std::min(kShownRetrieved, explanation.retrieved.size()); ++i) {
    read.of_retrieved.push_back(previews.Read(explanation.retrieved[i].index));
  }
  previews.WarnOfLost(progress);
  return read;
}

}  // namespace

Explanation Explain(const ExplainOptions& options, ProgressSink& progress) {
  CheckRanges(options.scoring);
  const InputItem item = OneImage(options.image);
  CheckOutput(options);
  const std::optional<Mask> roi = ReadRoi(options.roi);
  CheckSuit(options.scoring, Gallery::Open(options.gallery, GalleryCheck::kManifest));
  auto [gallery, extractor] = OpenGallery(options.gallery);
  if (roi) gallery.LookAt(*roi);
  const ScoringOptions wanted = Override(gallery.manifest(), options.scoring);
  const std::unique_ptr<Scorer> scorer = MakeScorer(gallery, wanted);
  const Judge judge = JudgeFor(gallery, wanted);
  const ScoringContext context{gallery, extractor, *scorer, {}, judge, {}, {}, {}};
  const ExaminedImage examined = ExamineImage(item, context);
  const HeatmapOptions heatmap = HeatmapOptionsFor(gallery, wanted, progress);
  const Explainer explainer(gallery, *scorer, examined);
  Explanation explanation;
  explanation.run = HeadingOf(options.gallery, gallery, scorer->options(), judge);
  explanation.run.heatmap_scale = Interval{heatmap.low, heatmap.high};
  explanation.run.images = {examined.scored.result};
  explanation.run.complete = true;
  explanation.pixel_threshold = heatmap.threshold;
  for (const MapPeak& peak : explainer.Peaks(heatmap.threshold, &explanation.hot_spots_are)) {
    explanation.hot_spots.push_back(explainer.Explained(peak));
  }
  explanation.compared_with = explainer.ComparedWith();
  explanation.retrieved = explainer.Retrieved();
  const ExplanationPreviews previews = ReadPreviews(gallery, explanation, progress);
  const Image picture = DrawExplanation(explanation, examined.photo, examined.map, heatmap, previews);
  WriteFileAtomically(options.output, EncodePng(picture, kPngCompression));
  return explanation;
}

}  // namespace touchstone
