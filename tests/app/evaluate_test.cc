#include <limits>
#include <set>

#include "app/evaluate_fixture.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

TEST_F(EvaluateTest, PairsMasksBesideTheTestFolder) {
  AddPlainCategory();
  const MetricsReport report = Run();
  ASSERT_EQ(report.objects.size(), 1U);
  const ObjectMetrics& part = report.objects.at("part");
  EXPECT_EQ(part.overall.num_normal, 1U);
  EXPECT_EQ(part.overall.num_anomalous, 1U);
  EXPECT_EQ(part.overall.num_regions, 1U);
  EXPECT_EQ(part.overall.image_score.rocauc.value, 1.0);
  EXPECT_EQ(part.overall.image_retrieval.rocauc.value, 0.0);
  // 24 defect pixels of 1; anomaly-free: 24 of 1 in the good image, 48 of 0. ROCAUC = 1 - (24 / 2) / 72 / 1.
  EXPECT_NEAR(part.overall.pixel.rocauc.value.value(), 1 - 12.0 / 48 * 48 / 72, 1e-12);
  EXPECT_EQ(part.per_defect.count("dent"), 1U);
  EXPECT_EQ(report.resolution, "original");
  EXPECT_TRUE(sink_.warnings.empty());
}

TEST_F(EvaluateTest, TakesGroundTruthFromWhereItIsTold) {
  AddPlainCategory();
  fs::rename(folder_.path() / "part/ground_truth", folder_.path() / "masks");
  EXPECT_FALSE(Run().objects.at("part").overall.pixel.rocauc.value.has_value());
  EXPECT_TRUE(sink_.Warned("--ground-truth DIR"));
  EvaluateOptions options;
  options.ground_truth = folder_.path() / "masks";
  EXPECT_TRUE(Run(options).objects.at("part").overall.pixel.rocauc.value.has_value());
  options.ground_truth = folder_.path() / "nowhere";
  EXPECT_EQ(RunFails(options).code, ErrorCode::kUsage);
}

TEST_F(EvaluateTest, NamesMasksAndImagesThatDoNotPair) {
  AddPlainCategory();
  AddImage("dent/2.png", 3);
  AddMask("dent/02_mask.png", 4);  // strictly by stem
  AddMask("dent/3.png", 4);        // without _mask
  const MetricsReport report = Run();
  EXPECT_TRUE(sink_.Warned("1 images of defect folders have no mask"));
  EXPECT_TRUE(sink_.Warned("dent/2.png"));
  EXPECT_TRUE(sink_.Warned("2 masks belong to no scored image"));
  EXPECT_TRUE(sink_.Warned("02_mask.png"));
  EXPECT_EQ(report.warnings, sink_.warnings);
  const MetricsGroup& overall = report.objects.at("part").overall;
  EXPECT_EQ(overall.num_anomalous, 2U);  // of the image figures it stays a part
  EXPECT_EQ(overall.num_regions, 1U);
}

TEST_F(EvaluateTest, LeavesADefectUndefinedNoneOfWhoseImagesHasAMask) {
  AddPlainCategory();
  AddImage("scratch/1.png", 3);
  const MetricsGroup scratch = Run().objects.at("part").per_defect.at("scratch");
  EXPECT_EQ(scratch.image_score.rocauc.value, 1.0);
  EXPECT_FALSE(scratch.pixel.rocauc.value.has_value());
  EXPECT_FALSE(scratch.pixel.rocauc.reason.empty());
  EXPECT_FALSE(scratch.au_pro.at("0.3").value.has_value());
}

TEST_F(EvaluateTest, WorksWithoutAnyMasks) {
  AddImage("dent/1.png", 2);
  AddImage("good/1.png", 1);
  for (const bool has_folder : {false, true}) {
    if (has_folder) fs::create_directories(folder_.path() / "part/ground_truth/good");  // and nothing in it
    const MetricsGroup overall = Run().objects.at("part").overall;
    EXPECT_EQ(overall.image_score.rocauc.value, 1.0);
    EXPECT_FALSE(overall.pixel.rocauc.value.has_value());
    EXPECT_TRUE(sink_.Warned("there are no masks"));
  }
}

TEST_F(EvaluateTest, WorksWithOnlyGoodImages) {
  AddImage("good/1.png", 1);
  const MetricsGroup overall = Run().objects.at("part").overall;
  EXPECT_EQ(overall.num_anomalous, 0U);
  EXPECT_FALSE(overall.image_score.rocauc.value.has_value());
  EXPECT_FALSE(overall.image_score.rocauc.reason.empty());
}

TEST_F(EvaluateTest, DoesNotTakeMasksFromTheFolderItHappensToRunIn) {
  AddImage("dent/1.png", 2, kMapSize);
  AddImage("good/1.png", 1, kMapSize);
  for (ImageResult& result : results_.images) {
    result.source = (folder_.path() / "loose" / result.path).string();  // below no folder "test"
  }
  AddMask("dent/1_mask.png", 4, kMapSize, "here");
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path() / "here");
  const MetricsReport report = Run();
  fs::current_path(before);
  EXPECT_EQ(report.objects.begin()->second.overall.num_regions, 0U);
  EXPECT_TRUE(sink_.Warned("no folder 'test'"));
}

TEST_F(EvaluateTest, RefusesImagesOfWhichNothingIsKnown) {
  AddImage("monday/1.png", 2);
  AddImage("monday/2.png", 1);
  const Error error = RunFails();
  EXPECT_EQ(error.code, ErrorCode::kResults);
  for (const char* part : {"no ground truth", "folder 'good'", "--ground-truth DIR"}) {
    EXPECT_TRUE(Says(error.what(), part));
  }
}

TEST_F(EvaluateTest, LeavesOutWhatWasScoredBesideTheTestFolder) {
  AddPlainCategory();
  const MetricsReport expected = Run();
  for (const char* part : {"train/good/7.png", "ground_truth/dent/1_mask.png"}) {
    AddImage(part, 9);
    results_.images.back().source = (folder_.path() / "part" / part).string();
  }
  const MetricsReport report = Run();
  EXPECT_EQ(MetricsTable(report), MetricsTable(expected));
  EXPECT_TRUE(sink_.Warned("2 scored images lie beside their category's folder 'test' and are left out"));
}

TEST_F(EvaluateTest, NamesCategoriesAfterTheFolderAboveTest) {
  AddPlainCategory();
  AddImage("good/2.png", 1, kMapSize, "other");
  AddImage("crack/2.png", 5, kMapSize, "other");
  AddMask("crack/2_mask.png", 2, kMapSize, "other");
  const MetricsReport report = Run();
  ASSERT_EQ(report.objects.size(), 2U);
  EXPECT_EQ(report.objects.at("other").per_defect.count("crack"), 1U);
  EXPECT_EQ(report.objects.at("part").per_defect.count("crack"), 0U);
}

TEST_F(EvaluateTest, RefusesTwoFoldersOfOneName) {
  AddImage("dent/1.png", 2, kMapSize, "left/part");
  AddImage("dent/2.png", 2, kMapSize, "right/part");
  const Error error = RunFails();
  EXPECT_EQ(error.code, ErrorCode::kResults);
  for (const char* part : {"'part'", "left/part", "right/part", "separate runs"}) {
    EXPECT_TRUE(Says(error.what(), part));
  }
}

TEST_F(EvaluateTest, KnowsAFolderThatWasReachedInTwoWays) {
  AddPlainCategory();
  fs::create_directories(folder_.path() / "part/test");
  AddImage("good/2.png", 1, kMapSize, "part/../part");
  EXPECT_EQ(Run().objects.at("part").overall.num_normal, 2U);
}

TEST_F(EvaluateTest, RefusesOneFolderOfMasksForSeveralCategories) {
  AddPlainCategory();
  AddImage("good/2.png", 1, kMapSize, "other");
  EvaluateOptions options;
  options.ground_truth = folder_.path() / "part/ground_truth";
  const Error error = RunFails(options);
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_TRUE(Says(error.what(), "--ground-truth"));
  EXPECT_TRUE(Says(error.what(), "(other, part)"));
}

TEST_F(EvaluateTest, RefusesResultsWithoutAScoredImage) {
  ImageResult failed;
  failed.path = "good/9.png";
  failed.error_code = "image";
  failed.error = "is cut short";
  results_.images.push_back(failed);
  const Error error = RunFails();
  EXPECT_EQ(error.code, ErrorCode::kResults);
  EXPECT_TRUE(Says(error.what(), "no image of it was scored, 1 failed"));
}

TEST_F(EvaluateTest, RefusesAMaskOfAnotherSizeUnlessBothAreResized) {
  AddPlainCategory();
  AddMask("dent/1_mask.png", 8, {16, 12});
  const Error error = RunFails();
  EXPECT_EQ(error.code, ErrorCode::kResults);
  for (const char* part : {"16x12", "8x6", "--resolution N", "1_mask.png"}) {
    EXPECT_TRUE(Says(error.what(), part));
  }
  EvaluateOptions options;
  options.resolution = 8;
  const MetricsReport report = Run(options);
  EXPECT_EQ(report.resolution, "8");
  EXPECT_NEAR(report.objects.at("part").overall.pixel.rocauc.value.value(), 1 - 12.0 / 72, 1e-12);
}

TEST_F(EvaluateTest, AcceptsImagesOfDifferentSizes) {
  AddPlainCategory();
  AddImage("dent/2.png", 3, {12, 5});
  AddMask("dent/2_mask.png", 4, {12, 5});
  EXPECT_EQ(Run().objects.at("part").overall.num_regions, 2U);
}

TEST_F(EvaluateTest, WarnsOfAnEmptyMaskAndLetsTheFolderDecide) {
  AddPlainCategory();
  AddImage("dent/2.png", 0);
  AddMask("dent/2_mask.png", 0);
  EXPECT_EQ(Run().objects.at("part").overall.num_anomalous, 2U);
  EXPECT_TRUE(sink_.Warned("the mask of dent/2.png is empty"));
  EvaluateOptions options;
  options.label_by_mask = true;
  const MetricsReport report = Run(options);
  EXPECT_TRUE(report.label_by_mask);
  EXPECT_EQ(report.objects.at("part").overall.num_anomalous, 1U);
  EXPECT_EQ(report.objects.at("part").overall.num_normal, 2U);
}

TEST_F(EvaluateTest, RefusesAMarkedGoodImageUnlessMasksDecide) {
  AddPlainCategory();
  AddMask("good/1_mask.png", 3);
  EXPECT_TRUE(Says(RunFails().what(), "good/1.png"));
  EvaluateOptions options;
  options.label_by_mask = true;
  EXPECT_EQ(Run(options).objects.at("part").overall.num_anomalous, 2U);
}

TEST_F(EvaluateTest, SaysWhichImagesWereNotScored) {
  AddPlainCategory();
  ImageResult failed;
  failed.path = "good/9.png";
  failed.error_code = "image";
  failed.error = "is cut short";
  results_.images.push_back(failed);
  EXPECT_EQ(Run().objects.at("part").overall.num_normal, 1U);
  EXPECT_TRUE(sink_.Warned("1 images could not be scored and are left out: good/9.png"));
}

TEST_F(EvaluateTest, SaysThatARunDidNotFinish) {
  AddPlainCategory();
  complete_ = false;
  Run();
  EXPECT_TRUE(sink_.Warned("did not finish"));
}

// Linux names are bytes; results.json is UTF-8 and yet must lead back to map and mask.
TEST_F(EvaluateTest, FindsMapsAndMasksOfNamesThatAreNotUtf8) {
  AddImage("dent/\xe9t\xe9.png", 2);
  AddImage("good/1.png", 1);
  AddMask("dent/\xe9t\xe9_mask.png", 4);
  EXPECT_EQ(Run().objects.at("part").overall.num_regions, 1U);
  EXPECT_TRUE(sink_.warnings.empty());
}

TEST_F(EvaluateTest, EndsWithoutFiguresWhereverItIsInterrupted) {
  AddPlainCategory();
  Run();
  const int num_reads = sink_.num_items;
  ASSERT_EQ(num_reads, 5);  // the good image twice, the other three times
  EvaluateOptions options;
  options.results = folder_.path() / "results";
  for (int stop_after = 0; stop_after <= num_reads; ++stop_after) {
    RecordingSink sink(stop_after);
    MetricsReport report;
    WithThreads(1, [&] { report = Evaluate(options, sink); });
    EXPECT_TRUE(report.interrupted) << stop_after;
    EXPECT_TRUE(report.objects.empty()) << stop_after;
    EXPECT_EQ(sink.num_items, stop_after);
  }
  RecordingSink never_stops(num_reads + 1);
  EXPECT_FALSE(Evaluate(options, never_stops).interrupted);
}

TEST_F(EvaluateTest, AlwaysReportsTheStricterLimit) {
  AddPlainCategory();
  const auto limits = [&](double limit) {
    EvaluateOptions options;
    options.pro_limit = limit;
    std::set<std::string> names;
    const MetricsReport report = Run(options);
    for (const auto& entry : report.objects.at("part").overall.au_pro) names.insert(entry.first);
    return names;
  };
  EXPECT_EQ(limits(0.3), (std::set<std::string>{"0.3", "0.05"}));
  EXPECT_EQ(limits(0.05), (std::set<std::string>{"0.05"}));
  EXPECT_EQ(limits(1), (std::set<std::string>{"1", "0.05"}));
}

TEST_F(EvaluateTest, GivesIntervalsOfEveryFigureWhereTheyAreAskedFor) {
  AddPlainCategory();
  AddImage("dent/2.png", 0.5);
  AddMask("dent/2_mask.png", 3);
  AddImage("good/2.png", 0.7);
  EXPECT_FALSE(Run().objects.at("part").overall.pixel.rocauc.interval.has_value());
  EvaluateOptions options;
  options.bootstrap = {200, 0.95, 0};
  const MetricsReport report = Run(options);
  const MetricsGroup& overall = report.objects.at("part").overall;
  for (const Metric& metric : {overall.image_score.rocauc, overall.image_retrieval.average_precision,
                               overall.pixel.f1_max, overall.au_pro.at("0.05")}) {
    ASSERT_TRUE(metric.interval.has_value());
    EXPECT_LE(metric.interval->low, metric.interval->high);
  }
  EXPECT_EQ(overall.image_score.rocauc.interval->low, 0);  // twice the worse anomalous image, and it may be
  EXPECT_EQ(report.bootstrap.num_resamples, 200);
}

TEST_F(EvaluateTest, ChecksItsOptionsFirst) {
  for (const double limit : {0.0, -1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    EvaluateOptions options;
    options.pro_limit = limit;
    EXPECT_EQ(RunFails(options).code, ErrorCode::kOption) << limit;
  }
  EvaluateOptions options;
  options.resolution = 0;
  EXPECT_TRUE(Says(RunFails(options).what(), "--resolution 0"));
  options = {};
  options.bootstrap.num_resamples = -1;
  EXPECT_TRUE(Says(RunFails(options).what(), "--bootstrap -1"));
  for (const double confidence : {0.0, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    options.bootstrap = {10, confidence, 0};
    EXPECT_TRUE(Says(RunFails(options).what(), "--confidence"));
  }
}

TEST_F(EvaluateTest, RefusesWhatIsNoResultsFolder) {
  EvaluateOptions options;
  options.results = folder_.path() / "nowhere";
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "there is no results folder", [&] { Evaluate(options, sink_); }));
  options.results = folder_.path();
  EXPECT_TRUE(Refuses(ErrorCode::kResults, "no results.json", [&] { Evaluate(options, sink_); }));
}

}  // namespace
}  // namespace touchstone
