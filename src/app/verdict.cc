#include "app/verdict.h"

#include "touchstone/core/error.h"

namespace touchstone {

Judge JudgeFor(const Gallery& gallery, const ScoringOptions& options) {
  const GalleryManifest& manifest = gallery.manifest();
  if (!manifest.calibration) {
    return {nullptr,
            "the gallery has no thresholds; touchstone gallery calibrate makes them from good images"};
  }
  if (!gallery.HasOwnRoi()) {
    return {nullptr,
            "the gallery's thresholds were not made with this --roi; leave it out, or fit a gallery with it"};
  }
  if (!ScoreAlike(options, manifest.options, gallery.num_images())) {
    return {
        nullptr,
        "the gallery's thresholds are of other scoring options; score with those that gallery info names, "
        "or fit a gallery with these"};
  }
  return {&*manifest.calibration, ""};
}

double GateScore(const Judge& judge, std::optional<double> wanted) {
  if (judge.calibration == nullptr) throw Error(ErrorCode::kOption, "--gate: " + judge.reason);
  const double rate = wanted.value_or(judge.calibration->rate);
  if (!(rate > 0 && rate < 1)) {
    throw Error(ErrorCode::kOption, "--gate=" + FormatNumber(rate) +
                                        ": must be above 0 and below 1, the share of good images that still "
                                        "get a map; leave it out for the gallery's false-alarm rate");
  }
  const std::vector<double>& scores = judge.calibration->retrieval_scores;
  const std::optional<double> score = ConformalThreshold(scores, rate);
  if (!score) throw Error(ErrorCode::kOption, "--gate: " + WhyNoThreshold(scores.size(), rate));
  return *score;
}

void PassVerdict(const Judge& judge, ImageScore image_score, ImageResult* result) {
  result->verdict = "undecided";
  if (judge.calibration == nullptr) return;
  const std::vector<double>& scores = ImageScores(*judge.calibration, image_score);
  result->p_value = ConformalPValue(scores, *result->score);
  const std::optional<double> threshold = ConformalThreshold(scores, judge.calibration->rate);
  if (threshold) result->verdict = *result->score > *threshold ? "anomalous" : "normal";
}

}  // namespace touchstone
