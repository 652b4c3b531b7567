#include "touchstone/app/score.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "app/inputs.h"
#include "app/item_stream.h"
#include "app/load_image.h"
#include "app/make_scorer.h"
#include "app/map_scale.h"
#include "app/output_folder.h"
#include "app/overrides.h"
#include "app/report_files.h"
#include "app/score_image.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/memory.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/pipeline.h"
#include "touchstone/core/text.h"
#include "touchstone/image/roi.h"
#include "touchstone/report/thumbnail.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = "results.json";
constexpr std::size_t kImagesPerCleaning = 16;  // after which memory is given back

// What the gallery's images are like, to notice images that are not.
class GalleryComparison {
 public:
  explicit GalleryComparison(const GalleryManifest& manifest) {
    for (const GalleryImage& image : manifest.images) {
      digests_.insert(image.sha256);
      sizes_.insert({image.size.width, image.size.height});
      bits_.insert(image.bits_per_channel);
    }
  }

  void Look(const ScoredImage& scored) {
    const ImageResult& result = scored.result;
    if (result.failed()) return;
    if (digests_.count(result.sha256) != 0) own_.Add(result.path);
    if (sizes_.count({result.size.width, result.size.height}) == 0) other_size_.Add(result.path);
    if (bits_.count(scored.bits_per_channel) == 0) other_bits_.Add(result.path);
    if (scored.has_exif_orientation) turned_.Add(result.path);
  }

  std::vector<std::string> Warnings() const {
    std::vector<std::string> warnings;
    for (const ImageWarning* warning : {&own_, &other_size_, &other_bits_, &turned_}) {
      if (!warning->empty()) warnings.push_back(warning->Message());
    }
    return warnings;
  }

 private:
  std::set<std::string> digests_;
  std::set<std::pair<int, int>> sizes_;
  std::set<int> bits_;
  ImageWarning own_{"being among the gallery's own, so the scores are too low to mean anything"};
  ImageWarning other_size_{"of a size that no gallery image has (was the camera set up in the same way?)"};
  ImageWarning other_bits_{
      "of a bit depth that no gallery image has (is --white-level of fit right for both?)"};
  ImageWarning turned_ = OrientationWarning();
};

// A generous guess of what maps and heat maps will take.
std::uint64_t OutputBytes(const ScoreOptions& options, const GalleryManifest& manifest,
                          std::size_t num_images) {
  std::uint64_t pixels = 0;
  for (const GalleryImage& image : manifest.images) {
    pixels = std::max(pixels, static_cast<std::uint64_t>(image.size.width) * image.size.height);
  }
  const std::uint64_t per_pixel = (options.write_maps ? 4 : 0) + (options.write_heatmaps ? 2 : 0);
  return std::max<std::uint64_t>(1, num_images) * (pixels * per_pixel + 40000) + (1 << 20);
}

fs::path MapsDir(const ScoreOptions& options) {
  if (!options.write_maps) return {};
  return options.maps_dir.empty() ? options.output / "maps" : options.maps_dir;
}

// An own folder for maps may be shared with other categories, but nothing in it is overwritten unasked.
void CheckMapsDir(const ScoreOptions& options) {
  std::error_code error;
  if (!options.write_maps || options.maps_dir.empty() || options.force ||
      !fs::exists(options.maps_dir, error))
    return;
  if (!fs::is_directory(options.maps_dir, error) || !fs::is_empty(options.maps_dir, error)) {
    throw Error(ErrorCode::kUsage,
                "--maps: exists and is not an empty folder; name another, or give --force to "
                "overwrite maps of the same names",
                options.maps_dir);
  }
}

void WriteResults(const Results& results, const fs::path& folder) {
  WriteFileAtomically(folder / "scores.csv", ScoresCsv(results));
  WriteFileAtomically(folder / "results.json", ResultsJson(results));
}

Results Heading(const ScoreOptions& options, const Gallery& gallery, const ScoringOptions& scoring,
                const Judge& judge) {
  Results results = HeadingOf(options.gallery, gallery, scoring, judge);
  results.inputs = options.inputs;
  if (options.write_maps) {
    results.maps_dir =
        options.maps_dir.empty() ? "maps" : fs::absolute(options.maps_dir).lexically_normal().string();
  }
  return results;
}

class ScoreRun {
 public:
  ScoreRun(const ScoreOptions& options, ItemStream items, ProgressSink& progress,
           const std::function<void(const ImageResult&)>& on_result)
      : options_(options),
        roi_(ReadRoi(options.roi)),
        items_(std::move(items)),
        progress_(progress),
        on_result_(on_result) {}

  ScoreSummary Run() {
    StopWatch total;
    CheckOptions(Gallery::Open(options_.gallery, GalleryCheck::kManifest));
    auto [gallery, extractor] = OpenGallery(options_.gallery);
    if (roi_) gallery.LookAt(*roi_);
    const GalleryManifest& manifest = gallery.manifest();
    const ScoringOptions wanted = Override(manifest, options_.scoring);
    const std::unique_ptr<Scorer> scorer = MakeScorer(gallery, wanted);
    const Judge judge = JudgeFor(gallery, wanted);
    summary_.results = Heading(options_, gallery, scorer->options(), judge);
    if (options_.gate) summary_.results.gate = GateScore(judge, options_.gate_rate);
    WarnAboutOptions(gallery, wanted);
    WarnAboutVerdicts();
    const std::uint64_t num_bytes = OutputBytes(options_, manifest, items_.total());
    CheckFreeSpace(options_.output, num_bytes);
    if (options_.write_maps) CheckFreeSpace(MapsDir(options_), num_bytes);
    CheckOutputFolder(options_.output, kMarker, options_.force);  // again: somebody may have been there
    MakeEmptyFolder(options_.output, kMarker);
    if (options_.write_maps) MakeWritableFolder(MapsDir(options_));
    WriteResults(summary_.results, options_.output);  // marks the folder as ours, and not complete
    std::optional<HeatmapOptions> heatmap;
    if (options_.write_heatmaps) {
      heatmap = HeatmapOptionsFor(gallery, wanted, progress_);
      heatmap->style = options_.heatmap_style;
      summary_.results.heatmap_scale = Interval{heatmap->low, heatmap->high};
    }
    try {
      ScoreAll({gallery, extractor, *scorer, heatmap, judge, summary_.results.gate, options_.output,
                MapsDir(options_), ThumbnailBytes(items_.total())});
    } catch (...) {
      KeepWhatIsThere();
      throw;
    }
    Finish(was_stopped_);
    summary_.total_s = total.Lap();
    return std::move(summary_);
  }

 private:
  void CheckOptions(const Gallery& described) const {
    if (options_.gate) CheckCanGate(described.manifest().options.method);
    CheckSuit(options_.scoring, described);
  }

  void WarnAboutOptions(const Gallery& gallery, const ScoringOptions& wanted) {
    if (options_.scoring.num_retrieved &&
        static_cast<std::size_t>(wanted.num_retrieved) > gallery.num_images()) {
      Warn("--num-retrieved " + std::to_string(wanted.num_retrieved) + ": the gallery has " +
           CountText(gallery.num_images(), "image", "images") + ", all of which are used");
    }
  }

  // Why all verdicts will be undecided, if so.
  std::string WhyUndecided() const {
    const Results& results = summary_.results;
    if (!results.thresholds) return results.thresholds_reason;
    const std::string why = WhyNoThreshold(results.thresholds->num_images, results.thresholds->rate);
    return why.empty() ? "" : why + " (fit, gallery calibrate)";
  }

  // @throws Error kOption where they are needed.
  void WarnAboutVerdicts() {
    const std::string why = WhyUndecided();
    if (why.empty()) return;
    if (options_.needs_verdicts) {
      throw Error(ErrorCode::kOption,
                  "--fail-on anomalous: it could never fail, as every verdict would be "
                  "undecided: " +
                      why + "; or give --fail-above S instead, which goes by scores");
    }
    if (options_.wants_verdicts) Warn("every verdict is undecided: " + why);
    if (options_.write_heatmaps && options_.heatmap_style == HeatmapStyle::kContour) {
      Warn("--heatmap-style contour: there is no pixel threshold, so the pictures are without contours: " +
           why + "; the other styles need none");
    }
  }

  void Warn(const std::string& message) {
    summary_.results.warnings.push_back(message);
    progress_.Warn(message);
  }

  void ScoreAll(const ScoringContext& context) {
    GalleryComparison comparison(context.gallery.manifest());
    std::size_t num_closed = 0;
    const auto close = [&](const ScoredImage& scored) {
      progress_.Advance();
      if (++num_closed % kImagesPerCleaning == 0) ReturnFreeMemory();
      summary_.times += scored.times;
      comparison.Look(scored);
      Record(scored.result, context);
    };
    // Of a stream each is scored as it comes.
    const std::size_t count = items_.total() == 0 ? 1 : NumAtOnce(context.gallery, context.scorer);
    progress_.Begin("score", items_.total());
    RunPipeline([&]() -> PipelineWork {
      const auto taken = std::make_shared<const std::vector<TakenItem>>(Take(count));
      if (taken->empty()) return {};
      return [&close, &context, taken]() -> PipelineEmit {
        const auto examined = std::make_shared<std::vector<ExaminedImage>>(Examine(*taken, context));
        const auto write = [&context, taken, examined](std::size_t i) {
          return WritePictures((*taken)[i].item, context, std::move((*examined)[i]));
        };
        const auto scored = std::make_shared<std::vector<std::optional<ScoredImage>>>(taken->size());
        // The files of an image that came before are there when its turn comes, and not always earlier.
        ParallelFor(taken->size(), [&](std::size_t i) {
          if (!(*taken)[i].came_before) (*scored)[i] = write(i);
        });
        return [&close, write, scored] {
          for (std::size_t i = 0; i < scored->size(); ++i) close((*scored)[i] ? *(*scored)[i] : write(i));
        };
      };
    });
    progress_.End();
    for (const std::string& warning : comparison.Warnings()) Warn(warning);
    if (num_replaced_ > 0) {
      Warn("of paths that came more than once the results folder holds the last (" +
           CountText(num_replaced_, "earlier one was", "earlier ones were") + " replaced)");
    }
  }

  // Up to so many; none at the end, or when the user wants no more.
  std::vector<TakenItem> Take(std::size_t count) {
    std::vector<TakenItem> taken;
    while (taken.size() < count && !was_stopped_) {
      const std::optional<TakenItem> next = items_.Next();
      was_stopped_ = progress_.Interrupted();
      if (!next) {
        was_stopped_ &= items_.total() == 0;  // it ended the wait for a path
        break;
      }
      if (!was_stopped_) taken.push_back(*next);
    }
    return taken;
  }

  static std::vector<ExaminedImage> Examine(const std::vector<TakenItem>& taken,
                                            const ScoringContext& context) {
    std::vector<InputItem> items;
    for (const TakenItem& item : taken) {
      if (item.refused.empty()) items.push_back(item.item);
    }
    std::vector<ExaminedImage> examined = TryToExamine(items, context), all;
    auto next = examined.begin();
    for (const TakenItem& item : taken) {
      all.push_back(item.refused.empty() ? std::move(*next++) : Refused(item));
    }
    return all;
  }

  static ExaminedImage Refused(const TakenItem& taken) {
    ExaminedImage refused;
    refused.scored.result.path = taken.item.path;
    refused.scored.result.error_code = ErrorCodeName(ErrorCode::kUsage);
    refused.scored.result.error = taken.refused;
    return refused;
  }

  void Record(const ImageResult& result, const ScoringContext& context) {
    ++(result.failed() ? summary_.num_failed : summary_.num_scored);
    if (result.failed()) progress_.Warn(result.path + ": " + result.error + " (no score)");
    on_result_(result);
    std::vector<ImageResult>& images = summary_.results.images;
    const auto [place, is_new] = places_.emplace(result.path, images.size());
    if (is_new) return images.push_back(result);
    ++num_replaced_;
    if (result.failed()) RemovePictures(images[place->second], context);
    images[place->second] = result;
  }

  // After an error that ends the run, such as a full disk: lists what was scored, if that still can be
  // written; results.json said from the start that the run is not complete.
  void KeepWhatIsThere() {
    try {
      Finish(true);
    } catch (...) {  // the first error is the one to report
    }
  }

  void Finish(bool interrupted) {
    summary_.interrupted = interrupted;
    auto& images = summary_.results.images;  // paths from a stream came in another order
    std::stable_sort(images.begin(), images.end(),
                     [](const ImageResult& a, const ImageResult& b) { return a.path < b.path; });
    summary_.results.complete = !interrupted;
    WriteResults(summary_.results, options_.output);
    WriteReport(options_.output, summary_.results);
  }

  const ScoreOptions& options_;
  const std::optional<Mask> roi_;
  ItemStream items_;
  ProgressSink& progress_;
  const std::function<void(const ImageResult&)>& on_result_;
  bool was_stopped_ = false;                   ///< before all items were taken
  std::map<std::string, std::size_t> places_;  ///< of the paths among the images
  std::size_t num_replaced_ = 0;
  ScoreSummary summary_;
};

}  // namespace

ScoreSummary Score(const ScoreOptions& options, ProgressSink& progress,
                   const std::function<void(const ImageResult&)>& on_result) {
  CheckRanges(options.scoring);
  CheckOutputFolder(options.output, kMarker, options.force);
  std::vector<fs::path> sources(options.inputs.begin(), options.inputs.end());
  sources.push_back(options.gallery);
  CheckHoldsNone(options.output, {options.roi});
  CheckHoldsNone(options.output, sources);
  CheckInNone(options.output, sources);
  if (!options.maps_dir.empty()) CheckInNone(options.maps_dir, sources);
  CheckMapsDir(options);
  const bool from_stream = options.inputs.size() == 1 && options.inputs[0] == "-";
  if (from_stream && options.paths == nullptr) {
    throw std::logic_error("Score: the input is '-' and there is no stream of paths");
  }
  ItemStream items = from_stream ? ItemStream(options.paths) : ItemStream(ListInputs(options.inputs));
  return ScoreRun(options, std::move(items), progress, on_result).Run();
}

}  // namespace touchstone
