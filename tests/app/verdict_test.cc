// Verdicts as fit and score make them, with an extractor that only averages pixels.
#include <algorithm>
#include <limits>

#include "app/thresholds_fixture.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/roi.h"

namespace touchstone {
namespace {

class Verdict : public ThresholdsFixture {
 protected:
  // Twelve good parts to learn from; two good parts and a bad one to check.
  void SetUp() override {
    DrawParts("train", 12, 0);
    Draw("test/good/1.png", 20);
    Draw("test/good/2.png", 21);
    Draw("test/hole/1.png", 22, true);
  }
  const ImageResult& Bad(const ScoreSummary& summary) const { return summary.results.images.at(2); }
};

TEST_F(Verdict, IsByTheThresholdThatFitEstimates) {
  const FitSummary fitted = RunFit(Fitting(0.1));
  EXPECT_EQ(fitted.thresholds->evidence, Evidence::kEstimate);
  EXPECT_EQ(fitted.thresholds->num_images, 12U);
  const Calibration calibration = StoredCalibration();
  EXPECT_EQ(fitted.thresholds->score, calibration.map_maxima.back());  // k = ceil(13 * 0.9)
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  EXPECT_EQ(summary.results.thresholds->score, fitted.thresholds->score);
  for (const ImageResult& image : summary.results.images) {
    EXPECT_EQ(image.verdict, *image.score > *fitted.thresholds->score ? "anomalous" : "normal");
    EXPECT_EQ(image.p_value, ConformalPValue(calibration.map_maxima, *image.score));
  }
  EXPECT_EQ(Bad(summary).verdict, "anomalous");
  EXPECT_EQ(Bad(summary).p_value, 1.0 / 13);
  EXPECT_TRUE(sink_.warnings.empty());
}

TEST_F(Verdict, ComesWithRegionsAboveThePixelThreshold) {
  RunFit(Fitting(0.1));
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  for (const ImageResult& image : summary.results.images) {
    ASSERT_TRUE(image.regions.has_value()) << image.path;
    EXPECT_EQ(image.regions->num_regions > 0, image.verdict == "anomalous") << image.path;
  }
}

TEST_F(Verdict, KnowsBothImageScores) {
  RunFit(Fitting(0.1));
  ScoreOptions options = Scoring();
  options.scoring.image_score = ImageScore::kRetrieval;
  const ScoreSummary summary = RunScore(options, &sink_);
  EXPECT_EQ(summary.results.thresholds->score, StoredCalibration().retrieval_scores.back());
  EXPECT_EQ(summary.results.thresholds->pixel, StoredCalibration().map_maxima.back());
  EXPECT_EQ(Bad(summary).p_value, ConformalPValue(StoredCalibration().retrieval_scores, *Bad(summary).score));
}

TEST_F(Verdict, IsUndecidedWhereTheRateCannotBePromised) {
  RunFit(Fitting(0.01));
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  EXPECT_TRUE(sink_.Warned("12 images cannot promise less than 7.7 %"));
  EXPECT_FALSE(summary.results.thresholds->score.has_value());
  for (const ImageResult& image : summary.results.images) EXPECT_EQ(image.verdict, "undecided");
  EXPECT_EQ(Bad(summary).p_value, 1.0 / 13);  // that much is known
  EXPECT_TRUE(Says(Bad(summary).regions_reason, "cannot promise"));
}

TEST_F(Verdict, IsUndecidedWithOtherScoringOptions) {
  RunFit(Fitting(0.1));
  ScoreOptions options = Scoring();
  options.scoring.sigma = 2;
  const ScoreSummary summary = RunScore(options, &sink_);
  EXPECT_TRUE(sink_.Warned("other scoring options"));
  EXPECT_EQ(Bad(summary).verdict, "undecided");
  EXPECT_FALSE(Bad(summary).p_value.has_value());
  EXPECT_TRUE(Says(summary.results.thresholds_reason, "other scoring options"));
}

TEST_F(Verdict, IsThereWithOptionsThatChangeNothing) {
  RunFit(Fitting(0.1));
  ScoreOptions options = Scoring();
  options.scoring.num_retrieved = 12;  // of 12 images: as good as the default of 50
  options.scoring.seed = 5;            // nothing is random
  EXPECT_EQ(Bad(RunScore(options, &sink_)).verdict, "anomalous");
}

TEST_F(Verdict, IsUndecidedWithAGalleryOfTheFirstVersions) {
  RunFit(Fitting(0.1));
  const Gallery gallery = Gallery::Open(At("gallery"), GalleryCheck::kManifest);
  ReplaceCalibration(gallery, std::nullopt);
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  EXPECT_TRUE(sink_.Warned("touchstone gallery calibrate"));
  EXPECT_EQ(Bad(summary).verdict, "undecided");
}

TEST_F(Verdict, IsUndecidedWithAGalleryOfOneImage) {
  std::filesystem::remove_all(At("train"));
  DrawParts("train", 1, 0);
  RunFit(Fitting(0.5));
  RunScore(Scoring(), &sink_);
  EXPECT_TRUE(sink_.Warned("no other good image"));
}

TEST_F(Verdict, AndThresholdsAreTheSameForAnyNumberOfThreads) {
  std::vector<double> expected;
  for (const int threads : {1, 2, 7}) {
    FitOptions options = Fitting(0.1);
    options.force = true;
    RunFit(options, threads);
    const std::vector<double> maxima = StoredCalibration().map_maxima;
    if (threads == 1) expected = maxima;
    EXPECT_EQ(maxima, expected) << threads;
  }
}

TEST_F(Verdict, OfAnImageThatTheGateStopsIsNormalAndItsMapIsZero) {
  RunFit(Fitting(0.1));
  const ScoreSummary open = RunScore(Scoring(), &sink_);
  ScoreOptions options = Scoring();
  options.gate = true;
  const ScoreSummary gated = RunScore(options, &sink_);
  const double gate = gated.results.gate.value();
  EXPECT_EQ(gate, StoredCalibration().retrieval_scores.back());
  std::size_t num_gated = 0;
  for (std::size_t i = 0; i < open.results.images.size(); ++i) {
    const ImageResult &before = open.results.images[i], &image = gated.results.images[i];
    EXPECT_EQ(image.retrieval_score, before.retrieval_score);
    EXPECT_EQ(image.is_gated, *image.retrieval_score <= gate) << image.path;
    num_gated += image.is_gated;
    if (!image.is_gated) {
      EXPECT_EQ(image.score, before.score);
      continue;
    }
    EXPECT_EQ(image.verdict, "normal");
    EXPECT_EQ(image.map_max, 0);
    EXPECT_EQ(image.p_value, 1);
    const ScoreMap map = ReadScoreMap(At("results/maps") / image.map);
    EXPECT_EQ(std::count(map.values.begin(), map.values.end(), 0.0F), image.size.width * image.size.height);
  }
  EXPECT_GT(num_gated, 0U);
  EXPECT_LT(num_gated, 3U);
}

TEST_F(Verdict, OfTheGateNeedsAScoreToGoBy) {
  RunFit(Fitting(0.1));
  ScoreOptions options = Scoring();
  options.gate = true;
  options.gate_rate = 0.01;
  EXPECT_TRUE(
      Refuses(ErrorCode::kOption, "--gate: 12 images cannot promise", [&] { RunScore(options, &sink_); }));
  options.gate_rate = 1;
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--gate=1: must be", [&] { RunScore(options, &sink_); }));
  options.gate_rate.reset();
  options.scoring.sigma = 1;
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "other scoring options", [&] { RunScore(options, &sink_); }));
  EXPECT_FALSE(std::filesystem::exists(At("results")));
}

// The left quarter of the parts, where the bad one's square is not.
class RegionOfInterest : public Verdict {
 protected:
  void SetUp() override {
    Verdict::SetUp();
    Mask roi{{40, 32}, {}};
    for (int i = 0; i < 40 * 32; ++i) roi.values.push_back(i % 40 < 4 ? 1 : 0);
    WriteFileAtomically(At("roi.png"), EncodeRoi(roi));
  }
  // Without what carries a defect over to its surroundings: smoothing, and levels of large patches.
  FitOptions FittingSharply() const {
    FitOptions options = Fitting(0.1);
    options.scoring.sigma = 0;
    options.scoring.levels = {1};
    options.force = true;
    return options;
  }
  FitOptions FittingInside() const {
    FitOptions options = FittingSharply();
    options.roi = At("roi.png");
    return options;
  }
};

TEST_F(RegionOfInterest, HidesADefectOutsideIt) {
  RunFit(FittingSharply());
  EXPECT_EQ(Bad(RunScore(Scoring(), &sink_)).verdict, "anomalous");
  RunFit(FittingInside());
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  EXPECT_EQ(Bad(summary).verdict, "normal");
  EXPECT_EQ(summary.results.roi_sha256, Sha256OfFile(At("gallery") / "roi.png"));
  const ScoreMap map = ReadScoreMap(At("results/maps/hole/1.tiff"));
  float highest = 0;
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    const bool is_outside = i % 40 >= 4;
    EXPECT_FALSE(is_outside && map.values[i] != 0) << i;
    highest = std::max(highest, map.values[i]);
  }
  EXPECT_GT(highest, 0);
  EXPECT_EQ(Bad(summary).score, highest);
}

TEST_F(RegionOfInterest, OfAnotherShapeThanTheGallerysLeavesVerdictsUndecided) {
  RunFit(Fitting(0.1));
  const double whole = *Bad(RunScore(Scoring(), &sink_)).retrieval_score;
  ScoreOptions scoring = Scoring();
  scoring.roi = At("roi.png");
  const ScoreSummary summary = RunScore(scoring, &sink_);
  EXPECT_EQ(Bad(summary).verdict, "undecided");
  EXPECT_EQ(Bad(summary).retrieval_score, whole);
  EXPECT_TRUE(sink_.Warned("not made with this --roi"));
}

TEST_F(RegionOfInterest, GivenAgainAtScoreIsTheGallerysOwn) {
  RunFit(FittingInside());
  ScoreOptions scoring = Scoring();
  const double score = *Bad(RunScore(scoring, &sink_)).score;
  scoring.roi = At("roi.png");
  const ScoreSummary again = RunScore(scoring, &sink_);
  EXPECT_EQ(Bad(again).verdict, "normal");
  EXPECT_EQ(Bad(again).score, score);
}

}  // namespace
}  // namespace touchstone
