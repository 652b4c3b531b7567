#include "touchstone/app/calibrate.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/good_images.h"
#include "app/inputs.h"
#include "app/leave_one_out.h"
#include "app/load_image.h"
#include "app/make_scorer.h"
#include "app/name_groups.h"
#include "app/output_folder.h"
#include "app/score_image.h"
#include "touchstone/core/error.h"
#include "touchstone/core/pipeline.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

// Takes in scored images, one by one; each picture counts once, and the gallery's own do not.
class Sample {
 public:
  Sample(const GalleryManifest& manifest, ProgressSink& progress) : progress_(progress) {
    for (const GalleryImage& image : manifest.images) own_digests_.insert(image.sha256);
  }

  void Add(const ImageResult& result) {
    progress_.Advance();
    if (result.failed()) {
      failed_.push_back({result.path, result.error_code, result.error});
      progress_.Warn(result.path + ": " + result.error + " (left out)");
    } else if (own_digests_.count(result.sha256) != 0) {
      own_.Add(result.path);
    } else if (!digests_.insert(result.sha256).second) {
      copies_.Add(result.path);
    } else {
      paths_.push_back(result.path);
      if (result.retrieval_score) retrieval_scores_.push_back(*result.retrieval_score);
      map_maxima_.push_back(*result.map_max);
      if (result.patch_max) patch_maxima_.push_back(*result.patch_max);
    }
  }

  Calibration Finish(const std::filesystem::path& input, double rate) {
    for (const ImageWarning* warning : {&own_, &copies_}) {
      if (!warning->empty()) progress_.Warn(warning->Message());
    }
    if (map_maxima_.empty()) {
      throw Error(ErrorCode::kIo,
                  "holds no good image that the gallery has not seen, so there is nothing to calibrate with",
                  input);
    }
    std::sort(retrieval_scores_.begin(), retrieval_scores_.end());
    std::sort(map_maxima_.begin(), map_maxima_.end());
    std::sort(patch_maxima_.begin(), patch_maxima_.end());
    const std::string source = CountText(map_maxima_.size(), "good image", "good images") +
                               NameGroupsText(NameGroups(paths_)) + " from " + input.string() +
                               ", not in the gallery";
    return {Evidence::kGuarantee, rate, retrieval_scores_, map_maxima_, source, patch_maxima_};
  }

  const std::vector<std::string>& paths() const { return paths_; }  ///< of the images that count
  const std::vector<FailedImage>& failed() const { return failed_; }

 private:
  ProgressSink& progress_;
  std::set<std::string> own_digests_, digests_;
  ImageWarning own_{"being among the gallery's own and left out: the gallery knows them too well"};
  ImageWarning copies_{"being a copy of another one and left out"};
  std::vector<std::string> paths_;
  std::vector<double> retrieval_scores_, map_maxima_, patch_maxima_;
  std::vector<FailedImage> failed_;
};

void ScoreInto(Sample* sample, const std::vector<InputItem>& items, const ScoringContext& context,
               ProgressSink& progress) {
  std::size_t next = 0;
  progress.Begin("calibrate", items.size());
  RunPipeline([&]() -> PipelineWork {
    if (next == items.size() || progress.Interrupted()) return {};
    return [&, index = next++]() -> PipelineEmit {
      auto scored = std::make_shared<ImageResult>(TryToExamine(items[index], context).scored.result);
      return [sample, scored] { sample->Add(*scored); };
    };
  });
  progress.End();
}

}  // namespace

CalibrateSummary Calibrate(const CalibrateOptions& options, ProgressSink& progress) {
  if (options.false_alarm_rate) ValidateFalseAlarmRate(*options.false_alarm_rate);
  const std::vector<InputItem> items = ListInputs({options.input.string()});
  std::vector<std::string> paths;
  for (const InputItem& item : items) paths.push_back(item.path);
  WarnOfDefects(options.input, paths, progress);
  Gallery::Open(options.gallery, GalleryCheck::kManifest);  // nothing is made where there is no gallery
  MakeWritableFolder(options.gallery);                      // found out before the work, not after it
  const auto [gallery, extractor] = OpenGallery(options.gallery);
  const GalleryManifest& manifest = gallery.manifest();
  const double stored_rate = manifest.calibration.value_or(Calibration()).rate;
  const std::unique_ptr<Scorer> scorer = MakeScorer(gallery, manifest.options);
  Sample sample(manifest, progress);
  const ScoringContext context{gallery, extractor, *scorer, {}, {}, {}, {}, {}};
  ScoreInto(&sample, items, context, progress);
  CalibrateSummary summary;
  summary.failed = sample.failed();
  summary.interrupted = progress.Interrupted();
  if (summary.interrupted) return summary;
  const Calibration calibration =
      sample.Finish(options.input, options.false_alarm_rate.value_or(stored_rate));
  ReplaceCalibration(gallery, calibration);
  summary.num_name_groups = NameGroups(sample.paths()).size();
  summary.thresholds = ThresholdsOf(calibration, manifest.options.image_score);
  return summary;
}

std::vector<Suspect> FindSuspects(const std::filesystem::path& folder, ProgressSink& progress) {
  const Gallery gallery = Gallery::Open(folder, GalleryCheck::kDigests);
  const GalleryManifest& manifest = gallery.manifest();
  const std::size_t num_images = gallery.num_images();
  if (num_images == 1) {
    throw Error(ErrorCode::kUsage, "has one image alone, which there is nothing to compare with", folder);
  }
  if (!gallery.HasFeatures()) {
    throw Error(
        ErrorCode::kUsage,
        "keeps no features of single images, which its method does without; fit a spade gallery of the same "
        "images and ask that",
        folder);
  }
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < num_images; ++i) all.push_back(i);
  std::vector<Suspect> suspects;
  const std::vector<OwnScore> scores = ScoreOwnImages(gallery, manifest.options, all, progress);
  if (progress.Interrupted()) return suspects;
  for (const OwnScore& score : scores) {
    suspects.push_back({manifest.images[score.image].path, ScoreBy(manifest.options.image_score, score)});
  }
  std::stable_sort(suspects.begin(), suspects.end(),
                   [](const Suspect& a, const Suspect& b) { return a.score > b.score; });
  return suspects;
}

}  // namespace touchstone
