#include "touchstone/app/score.h"

#include <algorithm>
#include <memory>
#include <set>

#include "app/inputs.h"
#include "app/load_image.h"
#include "app/make_scorer.h"
#include "app/map_scale.h"
#include "app/output_folder.h"
#include "app/overrides.h"
#include "app/report_files.h"
#include "app/score_image.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/pipeline.h"
#include "touchstone/core/text.h"
#include "touchstone/image/roi.h"
#include "touchstone/report/thumbnail.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = "results.json";

// Where the images come from: a list made beforehand, or paths that arrive one by one.
class ItemStream {
 public:
  explicit ItemStream(std::vector<InputItem> items) : items_(std::move(items)) {}
  explicit ItemStream(std::istream* paths) : paths_(paths) {}

  std::size_t total() const { return items_.size(); }  ///< 0 = not known

  /// The next item; `error` says why it cannot be scored, if so. False at the end.
  bool Next(InputItem* item, std::string* error) {
    error->clear();
    if (paths_ == nullptr) {
      if (next_ == items_.size()) return false;
      *item = items_[next_++];
      return true;
    }
    std::string line;
    do {
      if (!std::getline(*paths_, line)) return false;
      if (!line.empty() && line.back() == '\r') line.pop_back();
    } while (line.empty());
    *item = {line, line, ""};
    try {
      *item = ItemFromPath(line);
      if (!stems_.insert(OutputStem(item->path)).second) {
        *error = "came before under a path that writes the same output files; rename one of the two";
      }
    } catch (const Error& refused) {
      *error = refused.message;
    }
    return true;
  }

 private:
  std::vector<InputItem> items_;
  std::size_t next_ = 0;
  std::istream* paths_ = nullptr;
  std::set<std::string> stems_;
};

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
    } catch (const Error&) {
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
  void WarnAboutVerdicts() {
    const Results& results = summary_.results;
    if (!results.thresholds) {
      if (options_.wants_verdicts) Warn("every verdict is undecided: " + results.thresholds_reason);
      return;
    }
    const std::string why = WhyNoThreshold(results.thresholds->num_images, results.thresholds->rate);
    if (!why.empty()) Warn("every verdict is undecided: " + why + " (fit, gallery calibrate)");
  }

  void Warn(const std::string& message) {
    summary_.results.warnings.push_back(message);
    progress_.Warn(message);
  }

  void ScoreAll(const ScoringContext& context) {
    GalleryComparison comparison(context.gallery.manifest());
    const auto close = [&](const ScoredImage& scored) {
      progress_.Advance();
      summary_.times += scored.times;
      comparison.Look(scored);
      Record(scored.result);
    };
    progress_.Begin("score", items_.total());
    RunPipeline([&]() -> PipelineWork {
      InputItem item;
      std::string refused;
      if (!items_.Next(&item, &refused)) {
        was_stopped_ = items_.total() == 0 && progress_.Interrupted();  // it ended the wait for a path
        return {};
      }
      was_stopped_ = progress_.Interrupted();
      if (was_stopped_) return {};
      return [&close, &context, item, refused]() -> PipelineEmit {
        auto scored = std::make_shared<ScoredImage>();
        if (refused.empty()) {
          *scored = ScoreImage(item, context);
        } else {
          scored->result.path = item.path;
          scored->result.error_code = ErrorCodeName(ErrorCode::kUsage);
          scored->result.error = refused;
        }
        return [&close, scored] { close(*scored); };
      };
    });
    progress_.End();
    for (const std::string& warning : comparison.Warnings()) Warn(warning);
  }

  void Record(const ImageResult& result) {
    if (result.failed()) {
      ++summary_.num_failed;
      progress_.Warn(result.path + ": " + result.error + " (no score)");
    } else {
      on_result_(result);
    }
    summary_.results.images.push_back(result);
  }

  // After an error that ends the run, such as a full disk: lists what was scored, if that still can be
  // written; results.json said from the start that the run is not complete.
  void KeepWhatIsThere() {
    try {
      Finish(true);
    } catch (const Error&) {  // the first error is the one to report
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
  bool was_stopped_ = false;  ///< before all items were taken
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
