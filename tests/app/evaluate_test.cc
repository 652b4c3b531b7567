#include "touchstone/app/evaluate.h"

#include <limits>

#include "app/run.h"
#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"
#include "touchstone/report/results.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr Size kSize{8, 6};

// A category with maps that are 1 on the left four columns and 0 elsewhere, and masks of chosen columns.
class EvaluateTest : public testing::Test {
 protected:
  void AddImage(const std::string& path, double score, Size size = kSize, const std::string& root = "part") {
    ImageResult result;
    result.path = path;
    result.source = (folder_.path() / root / "test" / path).string();
    result.label = fs::path(path).parent_path().filename().string();
    result.size = size;
    result.score = result.map_max = score;
    result.retrieval_score = -score;
    result.map = fs::path(path).replace_extension(".tiff").string();
    WriteMap(folder_.path() / "results/maps" / result.map, size);
    results_.images.push_back(result);
  }
  static void WriteMap(const fs::path& file, Size size) {
    ScoreMap map{size, {}};
    for (int i = 0; i < size.width * size.height; ++i) map.values.push_back(i % size.width < 4 ? 1.0F : 0.0F);
    fs::create_directories(file.parent_path());
    WriteFileAtomically(file, EncodeScoreMap(map));
  }
  void AddMask(const std::string& name, int num_columns, Size size = kSize,
               const std::string& root = "part") {
    Image mask{size, 8, {}, {}, false};
    for (int i = 0; i < size.width * size.height; ++i) {
      mask.rgb8.insert(mask.rgb8.end(), 3, i % size.width < num_columns ? 255 : 0);
    }
    const fs::path file = folder_.path() / root / "ground_truth" / name;
    fs::create_directories(file.parent_path());
    WriteFileAtomically(file, EncodePng(mask, 1));
  }
  // A good and a defective image with its mask.
  void AddPlainCategory() {
    AddImage("dent/1.png", 2);
    AddImage("good/1.png", 1);
    AddMask("dent/1_mask.png", 4);
  }
  MetricsReport Run(EvaluateOptions options = {}) {
    if (options.maps.empty()) {
      results_.complete = complete_;
      results_.maps_dir = "maps";
      results_.inputs = {(folder_.path() / "part/test").string()};
      fs::create_directories(folder_.path() / "results");
      WriteFileAtomically(folder_.path() / "results/results.json", ResultsJson(results_));
      options.results = folder_.path() / "results";
    }
    sink_.warnings.clear();
    return Evaluate(options, sink_);
  }
  Error RunFails(const EvaluateOptions& options = {}) {
    return ErrorOf([&] { Run(options); });
  }

  TemporaryFolder folder_;
  Results results_;
  bool complete_ = true;
  RecordingSink sink_;
};

TEST_F(EvaluateTest, PairsMasksBesideTheTestFolder) {
  AddPlainCategory();
  const MetricsReport report = Run();
  ASSERT_EQ(report.objects.size(), 1U);
  const ObjectMetrics& part = report.objects.at("part");
  EXPECT_EQ(part.overall.num_normal, 1U);
  EXPECT_EQ(part.overall.num_anomalous, 1U);
  EXPECT_EQ(part.overall.num_regions, 1U);
  EXPECT_EQ(part.overall.image_rocauc_score.value, 1.0);
  EXPECT_EQ(part.overall.image_rocauc_retrieval.value, 0.0);
  // 24 defect pixels of 1; anomaly-free: 24 of 1 in the good image, 48 of 0. ROCAUC = 1 - (24 / 2) / 72 / 1.
  EXPECT_NEAR(part.overall.pixel_rocauc.value.value(), 1 - 12.0 / 48 * 48 / 72, 1e-12);
  EXPECT_EQ(part.per_defect.count("dent"), 1U);
  EXPECT_EQ(report.resolution, "original");
  EXPECT_TRUE(sink_.warnings.empty());
}

TEST_F(EvaluateTest, TakesGroundTruthFromWhereItIsTold) {
  AddPlainCategory();
  fs::rename(folder_.path() / "part/ground_truth", folder_.path() / "masks");
  EXPECT_FALSE(Run().objects.at("part").overall.pixel_rocauc.value.has_value());
  EXPECT_TRUE(sink_.Warned("--ground-truth DIR"));
  EvaluateOptions options;
  options.ground_truth = folder_.path() / "masks";
  EXPECT_TRUE(Run(options).objects.at("part").overall.pixel_rocauc.value.has_value());
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
  EXPECT_EQ(scratch.image_rocauc_score.value, 1.0);
  EXPECT_FALSE(scratch.pixel_rocauc.value.has_value());
  EXPECT_FALSE(scratch.pixel_rocauc.reason.empty());
  EXPECT_FALSE(scratch.au_pro.at("0.3").value.has_value());
}

TEST_F(EvaluateTest, WorksWithoutAnyMasks) {
  AddImage("dent/1.png", 2);
  AddImage("good/1.png", 1);
  for (const bool has_folder : {false, true}) {
    if (has_folder) fs::create_directories(folder_.path() / "part/ground_truth/good");  // and nothing in it
    const MetricsGroup overall = Run().objects.at("part").overall;
    EXPECT_EQ(overall.image_rocauc_score.value, 1.0);
    EXPECT_FALSE(overall.pixel_rocauc.value.has_value());
    EXPECT_TRUE(sink_.Warned("there are no masks"));
  }
}

TEST_F(EvaluateTest, WorksWithOnlyGoodImages) {
  AddImage("good/1.png", 1);
  const MetricsGroup overall = Run().objects.at("part").overall;
  EXPECT_EQ(overall.num_anomalous, 0U);
  EXPECT_FALSE(overall.image_rocauc_score.value.has_value());
  EXPECT_FALSE(overall.image_rocauc_score.reason.empty());
}

TEST_F(EvaluateTest, DoesNotTakeMasksFromTheFolderItHappensToRunIn) {
  AddImage("dent/1.png", 2, kSize);
  results_.images[0].source = (folder_.path() / "loose/dent/1.png").string();  // below no folder "test"
  AddMask("dent/1_mask.png", 4, kSize, "here");
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path() / "here");
  const MetricsReport report = Run();
  fs::current_path(before);
  EXPECT_EQ(report.objects.begin()->second.overall.num_regions, 0U);
  EXPECT_TRUE(sink_.Warned("no folder 'test'"));
}

TEST_F(EvaluateTest, NamesCategoriesAfterTheFolderAboveTest) {
  AddPlainCategory();
  AddImage("good/2.png", 1, kSize, "other");
  AddImage("crack/2.png", 5, kSize, "other");
  AddMask("crack/2_mask.png", 2, kSize, "other");
  const MetricsReport report = Run();
  ASSERT_EQ(report.objects.size(), 2U);
  EXPECT_EQ(report.objects.at("other").per_defect.count("crack"), 1U);
  EXPECT_EQ(report.objects.at("part").per_defect.count("crack"), 0U);
}

TEST_F(EvaluateTest, RefusesTwoFoldersOfOneName) {
  AddImage("dent/1.png", 2, kSize, "left/part");
  AddImage("dent/2.png", 2, kSize, "right/part");
  const Error error = RunFails();
  EXPECT_EQ(error.code, ErrorCode::kResults);
  for (const char* part : {"'part'", "left/part", "right/part", "separate runs"}) {
    EXPECT_TRUE(Says(error.what(), part));
  }
}

TEST_F(EvaluateTest, KnowsAFolderThatWasReachedInTwoWays) {
  AddPlainCategory();
  fs::create_directories(folder_.path() / "part/test");
  AddImage("good/2.png", 1, kSize, "part/../part");
  EXPECT_EQ(Run().objects.at("part").overall.num_normal, 2U);
}

TEST_F(EvaluateTest, RefusesOneFolderOfMasksForSeveralCategories) {
  AddPlainCategory();
  AddImage("good/2.png", 1, kSize, "other");
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
  EXPECT_NEAR(report.objects.at("part").overall.pixel_rocauc.value.value(), 1 - 12.0 / 72, 1e-12);
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

TEST_F(EvaluateTest, ChecksItsOptionsFirst) {
  for (const double limit : {0.0, -1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    EvaluateOptions options;
    options.pro_limit = limit;
    EXPECT_EQ(RunFails(options).code, ErrorCode::kOption) << limit;
  }
  EvaluateOptions options;
  options.resolution = 0;
  EXPECT_TRUE(Says(RunFails(options).what(), "--resolution 0"));
}

TEST_F(EvaluateTest, RefusesWhatIsNoResultsFolder) {
  EvaluateOptions options;
  options.results = folder_.path() / "nowhere";
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "no such folder", [&] { Evaluate(options, sink_); }));
  options.results = folder_.path();
  EXPECT_TRUE(Refuses(ErrorCode::kResults, "no results.json", [&] { Evaluate(options, sink_); }));
}

// ---- anybody's maps in the official layout ----

class EvaluateMapsTest : public EvaluateTest {
 protected:
  void AddPair(const std::string& category, const std::string& path) {
    WriteText(folder_.path() / "data" / category / "test" / path, "never read");
    WriteMap((folder_.path() / "maps" / category / "test" / path).replace_extension(".tiff"), kSize);
  }
  EvaluateOptions Options() const {
    EvaluateOptions options;
    options.maps = folder_.path() / "maps";
    options.dataset = folder_.path() / "data";
    return options;
  }
};

TEST_F(EvaluateMapsTest, FindsEveryCategoryOfADataSet) {
  for (const char* category : {"nut", "pill"}) {
    AddPair(category, "dent/1.png");
    AddPair(category, "good/1.png");
    AddMask("dent/1_mask.png", 4, kSize, std::string("data/") + category);
  }
  const MetricsReport report = Run(Options());
  ASSERT_EQ(report.objects.size(), 2U);
  const MetricsGroup& nut = report.objects.at("nut").overall;
  EXPECT_EQ(nut.image_rocauc_map_max.value, 0.5);  // both maps have the maximum 1
  EXPECT_EQ(nut.image_rocauc_score.value, 0.5);
  EXPECT_FALSE(nut.image_rocauc_retrieval.value.has_value());
  EXPECT_EQ(nut.num_regions, 1U);
}

TEST_F(EvaluateMapsTest, AcceptsASingleCategoryAsTheDataSet) {
  AddPair("", "good/1.png");
  EXPECT_EQ(Run(Options()).objects.count("data"), 1U);
}

TEST_F(EvaluateMapsTest, NamesWhatDoesNotPair) {
  AddPair("nut", "good/1.png");
  WriteText(folder_.path() / "data/nut/test/good/2.png", "no map of it");
  WriteMap(folder_.path() / "maps/nut/test/good/3.tiff", kSize);
  WriteText(folder_.path() / "data/pill/test/good/1.png", "no maps at all");
  Run(Options());
  EXPECT_TRUE(sink_.Warned("1 images have no map"));
  EXPECT_TRUE(sink_.Warned("1 maps belong to no image"));
  EXPECT_TRUE(sink_.Warned("there are no maps of pill"));
}

TEST_F(EvaluateMapsTest, TakesOneFolderOfMasksForOneCategoryOnly) {
  AddPair("nut", "dent/1.png");
  WriteText(folder_.path() / "data/pill/test/good/1.png", "no maps: nothing to pair with masks");
  AddMask("dent/1_mask.png", 4, kSize, "elsewhere");
  EvaluateOptions options = Options();
  options.ground_truth = folder_.path() / "elsewhere/ground_truth";
  EXPECT_EQ(Run(options).objects.at("nut").overall.num_regions, 1U);
  AddPair("pill", "good/1.png");
  EXPECT_EQ(RunFails(options).code, ErrorCode::kUsage);
  EXPECT_TRUE(Says(RunFails(options).what(), "(nut, pill)"));
}

TEST_F(EvaluateMapsTest, RefusesMapsThatBelongToNoImage) {
  AddPair("nut", "good/1.png");
  fs::rename(folder_.path() / "maps/nut/test/good", folder_.path() / "maps/nut/test/fine");
  const Error error = RunFails(Options());
  EXPECT_EQ(error.code, ErrorCode::kResults);
  EXPECT_TRUE(Says(error.what(), "holds no maps of any image"));
}

TEST_F(EvaluateMapsTest, RefusesFoldersOfAnotherLayout) {
  fs::create_directories(folder_.path() / "maps");
  EXPECT_EQ(RunFails(Options()).code, ErrorCode::kUsage);  // no data set
  fs::create_directories(folder_.path() / "data");
  EXPECT_TRUE(Says(RunFails(Options()).what(), "MVTec"));
  WriteText(folder_.path() / "data/nut/test/good/1.png", "x");
  EXPECT_TRUE(Says(RunFails(Options()).what(), "holds no maps"));
}

}  // namespace
}  // namespace touchstone
