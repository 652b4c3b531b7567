// Benchmark as a whole, on tiny generated categories and with an extractor that only averages pixels.
#include "touchstone/app/benchmark.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/run.h"
#include "core/support.h"
#include "touchstone/app/write_sample.h"
#include "touchstone/core/file.h"
#include "touchstone/report/results.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

class BenchmarkTest : public testing::Test {
 protected:
  fs::path At(const std::string& name) const { return folder_.path() / name; }

  void AddCategory(const std::string& name, std::uint64_t seed) {
    fs::create_directories(At("root"));
    WriteSampleOptions sample;
    sample.output = At("root") / name;
    sample.seed = seed;
    sample.size = 48;
    WriteSample(sample, sink_);
  }
  BenchmarkOptions Options() const {
    BenchmarkOptions options;
    options.root = At("root");
    options.output = At("out");
    options.fit.model = std::string(TOUCHSTONE_TEST_DATA) + "/golden/extractors/good.pt";
    options.fit.resize = {32, 32};
    return options;
  }
  BenchmarkSummary Run(const BenchmarkOptions& options, RecordingSink* sink = nullptr) {
    num_run_ = num_taken_over_ = 0;
    return Benchmark(options, sink != nullptr ? *sink : sink_, [&](const BenchmarkRow&, RowOrigin origin) {
      ++(origin == RowOrigin::kThisRun ? num_run_ : num_taken_over_);
    });
  }

  TemporaryFolder folder_;
  RecordingSink sink_;
  int num_run_ = 0, num_taken_over_ = 0;
};

TEST_F(BenchmarkTest, HasTheFiguresOfFitScoreAndEvaluate) {
  AddCategory("nut", 0);
  const BenchmarkSummary summary = Run(Options());
  ASSERT_EQ(summary.report.rows.size(), 1U);
  FitOptions fit = Options().fit;
  fit.input = At("root/nut/train/good");
  fit.output = At("gallery");
  RunFit(fit);
  ScoreOptions score;
  score.inputs = {At("root/nut/test").string()};
  score.gallery = At("gallery");
  score.output = At("results");
  RunScore(score, &sink_);
  EvaluateOptions evaluate;
  evaluate.results = At("results");
  const MetricsReport metrics = Evaluate(evaluate, sink_);
  const MetricsGroup& group = metrics.objects.at("nut").overall;
  const BenchmarkRow& row = summary.report.rows[0];
  EXPECT_EQ(row.num_train, 40U);
  EXPECT_EQ(row.num_normal, group.num_normal);
  EXPECT_EQ(row.num_anomalous, group.num_anomalous);
  EXPECT_EQ(row.figures.image_map_max.value, group.image_map_max.rocauc.value);
  EXPECT_EQ(row.figures.image_own.value, group.image_retrieval.rocauc.value);
  EXPECT_EQ(row.figures.pixel.value, group.pixel.rocauc.value);
  EXPECT_EQ(row.figures.au_pro.value, group.au_pro.at("0.3").value);
}

TEST_F(BenchmarkTest, CountsWhatTheThresholdCallsAnomalous) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  options.fit.false_alarm_rate = 0.6;  // this extractor finds little
  const BenchmarkRow row = Run(options).report.rows.at(0);
  double false_alarms = 0, found = 0;
  for (const ImageResult& image : ReadResults(At("out/nut/results")).images) {
    if (image.verdict == "anomalous") ++(image.label == "good" ? false_alarms : found);
  }
  EXPECT_GT(found, 0);
  EXPECT_EQ(row.figures.false_alarms.value, false_alarms / static_cast<double>(row.num_normal));
  EXPECT_EQ(row.figures.found.value, found / static_cast<double>(row.num_anomalous));
  options.fit.false_alarm_rate = 0.01;  // 40 images cannot promise that
  const BenchmarkRow undecided = Run(options).report.rows.at(0);
  EXPECT_FALSE(undecided.figures.found.value.has_value());
  EXPECT_TRUE(Says(undecided.figures.found.reason, "40 images cannot promise"));
  options.ablation = Ablation::kRetrieval;
  EXPECT_TRUE(Says(Run(options).report.rows.at(0).figures.found.reason, "has no thresholds"));
}

TEST_F(BenchmarkTest, WarnsOnceOfWhatComesWithEverySetting) {
  AddCategory("nut", 0);
  fs::copy_file(At("root/nut/train/good/000.png"), At("root/nut/test/good/own.png"));
  BenchmarkOptions options = Options();
  options.ablation = Ablation::kRetrieval;
  Run(options);
  const auto count = [&](const std::string& part) {
    return std::count_if(sink_.warnings.begin(), sink_.warnings.end(),
                         [&](const std::string& text) { return text.find(part) != std::string::npos; });
  };
  EXPECT_EQ(count("nut: 1 image being among the gallery's own"), 1);
  EXPECT_EQ(count("undecided"), 0);  // an ablation has no thresholds
}

TEST_F(BenchmarkTest, DoesNothingASecondTime) {
  AddCategory("nut", 0);
  AddCategory("pill", 1);
  Run(Options());
  EXPECT_EQ(num_run_, 2);
  const std::string json = ReadText(At("out/benchmark.json"));
  RecordingSink second;
  const BenchmarkSummary summary = Run(Options(), &second);
  EXPECT_EQ(num_taken_over_, 2);
  EXPECT_EQ(num_run_, 0);
  EXPECT_TRUE(second.tasks.empty());
  EXPECT_TRUE(summary.report.complete);
  EXPECT_EQ(ReadText(At("out/benchmark.json")), json);
}

TEST_F(BenchmarkTest, RunsAgainWhatHasChanged) {
  AddCategory("nut", 0);
  AddCategory("pill", 1);
  Run(Options());
  BenchmarkOptions options = Options();
  options.fit.scoring.num_retrieved = 3;
  RecordingSink sink;
  Run(options, &sink);
  EXPECT_EQ(num_run_, 2);
  EXPECT_EQ(std::count_if(sink.warnings.begin(), sink.warnings.end(),
                          [](const std::string& text) { return Says(text, "measured anew"); }),
            1);  // for both rows: their names are the same, and their figures go
  options.evaluate.resolution = 16;
  Run(options);
  EXPECT_EQ(num_run_, 2);
  fs::remove(At("root/pill/train/good/000.png"));
  Run(options);
  EXPECT_EQ(num_run_, 1);
  EXPECT_EQ(num_taken_over_, 1);
  fs::remove(At("out/nut/results/metrics.json"));
  Run(options);
  EXPECT_EQ(num_run_, 1);
  options.force = true;
  Run(options);
  EXPECT_EQ(num_run_, 2);
}

TEST_F(BenchmarkTest, GoesOnAfterACategoryThatCannotBeUsed) {
  AddCategory("nut", 0);
  fs::create_directories(At("root/empty/test"));
  fs::create_directories(At("root/notes"));  // no category
  const BenchmarkSummary summary = Run(Options());
  ASSERT_EQ(summary.report.rows.size(), 2U);
  EXPECT_EQ(summary.report.rows[0].category, "empty");
  EXPECT_TRUE(Says(summary.report.rows[0].error, "train/good"));
  EXPECT_TRUE(summary.report.rows[1].error.empty());
  EXPECT_EQ(summary.num_failed_rows, 1U);
  EXPECT_TRUE(sink_.Warned("empty: "));
}

TEST_F(BenchmarkTest, CountsImagesThatCannotBeRead) {
  AddCategory("nut", 0);
  WriteFileAtomically(At("root/nut/train/good/broken.png"), std::string_view("no image"));
  WriteFileAtomically(At("root/nut/test/good/broken.png"), std::string_view("no image"));
  EXPECT_EQ(Run(Options()).num_failed_images, 2U);
  EXPECT_EQ(Run(Options()).num_failed_images, 2U);  // and when the row is taken over
  EXPECT_EQ(num_taken_over_, 1);
}

TEST_F(BenchmarkTest, LeavesNoGalleriesAndMapsButWhereTheyAreWanted) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  for (const KeptFiles kept : {KeptFiles::kResults, KeptFiles::kAllFiles}) {
    options.kept = kept;
    options.force = true;
    Run(options);
    EXPECT_EQ(fs::exists(At("out/nut/gallery/manifest.json")), kept == KeptFiles::kAllFiles);
    EXPECT_EQ(fs::exists(At("out/nut/results/maps")), kept == KeptFiles::kAllFiles);
    EXPECT_TRUE(fs::exists(At("out/nut/results/report.html")));
  }
}

TEST_F(BenchmarkTest, FitsOnceForAllSettingsOfAnAblation) {
  AddCategory("nut", 0);
  Run(Options());
  BenchmarkOptions options = Options();
  options.ablation = Ablation::kLevels;
  RecordingSink levels;
  const BenchmarkSummary summary = Run(options, &levels);
  std::vector<std::string> names;
  for (const BenchmarkRow& row : summary.report.rows) names.push_back(row.setting);
  EXPECT_EQ(names, (std::vector<std::string>{"level 1", "level 2", "levels 1,2"}));
  EXPECT_EQ(std::count(levels.tasks.begin(), levels.tasks.end(), "nut (1 of 1): fit"), 1);
  EXPECT_EQ(std::count(levels.tasks.begin(), levels.tasks.end(), "nut (1 of 1): score"), 3);
  const BenchmarkSummary whole = Run(Options());  // all levels are what no ablation has
  EXPECT_EQ(num_taken_over_, 1);
  EXPECT_EQ(summary.report.rows[2].figures.pixel.value, whole.report.rows[0].figures.pixel.value);
  EXPECT_NE(summary.report.rows[0].figures.pixel.value, whole.report.rows[0].figures.pixel.value);
}

ScoringOptions OfMethod(Method method) {
  ScoringOptions options;
  options.method = method;
  options.image_score = method == Method::kSpade ? ImageScore::kMapMax : PaperImageScore(method);
  return options;
}

TEST_F(BenchmarkTest, HasARowAndAGalleryForEachMethodWithItsCosts) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  ScoringOptions padim = OfMethod(Method::kPadim);
  padim.dims = 2;
  options.methods = {OfMethod(Method::kSpade), OfMethod(Method::kPatchCore), padim};
  const BenchmarkSummary summary = Run(options);
  ASSERT_EQ(summary.report.rows.size(), 3U);
  EXPECT_EQ(summary.report.rows[0].setting, "spade");
  EXPECT_EQ(summary.report.rows[1].setting, "patchcore 10 %");
  EXPECT_EQ(summary.report.rows[2].setting, "padim 2");
  for (const BenchmarkRow& row : summary.report.rows) {
    EXPECT_TRUE(row.error.empty()) << row.setting << ": " << row.error;
    EXPECT_TRUE(row.figures.image_own.value.has_value()) << row.setting;
    EXPECT_GT(row.costs.fit_s.value(), 0) << row.setting;
    EXPECT_GT(row.costs.image_cpu_s.value(), 0) << row.setting;
    EXPECT_GT(row.costs.gallery_bytes.value(), 1000) << row.setting;
  }
  BenchmarkOptions alone = Options();
  alone.output = At("alone");
  alone.fit.scoring = OfMethod(Method::kPatchCore);
  const BenchmarkRow row = Run(alone).report.rows.at(0);
  EXPECT_EQ(row.figures.pixel.value, summary.report.rows[1].figures.pixel.value);
  EXPECT_EQ(row.figures.image_own.value, summary.report.rows[1].figures.image_own.value);
  EXPECT_FALSE(row.costs.fit_s.has_value());  // the same bytes whenever it is run
  const BenchmarkSummary again = Run(options);
  EXPECT_EQ(num_taken_over_, 3);
  EXPECT_EQ(BenchmarkJson(again.report), BenchmarkJson(summary.report));
}

TEST_F(BenchmarkTest, TakesAllChannelsWhereMoreDimsAreAskedFor) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  ScoringOptions many = OfMethod(Method::kPadim), more = many;
  many.dims = 550;
  more.dims = 5000;
  options.methods = {many, more};
  const BenchmarkSummary summary = Run(options);
  ASSERT_EQ(summary.report.rows.size(), 1U);  // both are all there are
  EXPECT_TRUE(Says(summary.report.remarks.at(0), summary.report.rows[0].setting));
  EXPECT_TRUE(Says(BenchmarkTable(summary.report), "550 were asked for"));
}

TEST_F(BenchmarkTest, GivesUpARowThatTakesTooLong) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  options.time_limit_s = 1e-6;
  options.methods = {OfMethod(Method::kPatchCore), OfMethod(Method::kSpade)};
  const BenchmarkSummary summary = Run(options);
  EXPECT_FALSE(summary.interrupted);
  EXPECT_TRUE(summary.report.complete);
  EXPECT_EQ(summary.num_failed_rows, 2U);
  EXPECT_TRUE(Says(summary.report.rows.at(0).error, "--time-limit"));
  options.time_limit_s.reset();
  EXPECT_EQ(Run(options).num_failed_rows, 0U);
}

TEST_F(BenchmarkTest, TriesLevelsOfOtherMethodsWithAGalleryEach) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  options.fit.scoring = OfMethod(Method::kPatchCore);
  options.ablation = Ablation::kLevels;
  const BenchmarkSummary summary = Run(options);
  ASSERT_EQ(summary.report.rows.size(), 3U);
  EXPECT_EQ(summary.report.rows[2].setting, "levels 1,2");
  EXPECT_EQ(summary.report.rows[2].options.levels, (std::vector<int>{1, 2}));
  EXPECT_NE(summary.report.rows[0].figures.pixel.value, summary.report.rows[2].figures.pixel.value);
  options.ablation = Ablation::kRetrieval;
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--ablation retrieval", [&] { Run(options); }));
  options.methods = {OfMethod(Method::kSpade)};
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--methods", [&] { Run(options); }));
}

TEST_F(BenchmarkTest, SweepsK) {
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  options.ablation = Ablation::kNumRetrieved;
  options.evaluate.resolution = 8;
  const BenchmarkSummary sweep = Run(options);
  ASSERT_EQ(sweep.report.rows.size(), 7U);
  EXPECT_EQ(sweep.report.rows[3].setting, "K = 5");
  options.ablation = Ablation::kNone;
  options.fit.scoring.num_retrieved = 5;
  EXPECT_EQ(Run(options).report.rows[0].figures.au_pro.value, sweep.report.rows[3].figures.au_pro.value);
}

TEST_F(BenchmarkTest, GoesOnAfterAnInterruption) {
  AddCategory("nut", 0);
  AddCategory("pill", 1);
  RecordingSink stops(200);  // in the second category
  const BenchmarkSummary interrupted = Run(Options(), &stops);
  EXPECT_TRUE(interrupted.interrupted);
  EXPECT_FALSE(interrupted.report.complete);
  EXPECT_EQ(num_run_, 1);
  EXPECT_FALSE(fs::exists(At("out/pill/gallery")));
  const BenchmarkSummary whole = Run(Options());
  EXPECT_EQ(num_taken_over_, 1);
  EXPECT_EQ(num_run_, 1);
  EXPECT_TRUE(whole.report.complete);
}

TEST_F(BenchmarkTest, RefusesBeforeAnythingIsRead) {
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "ROOT", [&] { Run(Options()); }));
  fs::create_directories(At("root"));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "MVTec-layout", [&] { Run(Options()); }));
  AddCategory("nut", 0);
  BenchmarkOptions options = Options();
  options.output = At("root/out");
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "lies in", [&] { Run(options); }));
  options.output = folder_.path();
  EXPECT_EQ(ErrorOf([&] { Run(options); }).code, ErrorCode::kUsage);  // somebody's folder
  options = Options();
  options.evaluate.resolution = 0;
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--resolution", [&] { Run(options); }));
  options = Options();
  options.evaluate.bootstrap.num_resamples = -1;
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--bootstrap", [&] { Run(options); }));
  options = Options();
  options.fit.scoring.levels = {7};
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "--levels", [&] { Run(options); }));
  EXPECT_FALSE(fs::exists(At("out")));
}

}  // namespace
}  // namespace touchstone
