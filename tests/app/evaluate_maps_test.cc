#include "app/evaluate_fixture.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

// Anybody's maps in the official layout.
class EvaluateMapsTest : public EvaluateTest {
 protected:
  void AddPair(const std::string& category, const std::string& path) {
    WriteText(folder_.path() / "data" / category / "test" / path, "never read");
    WriteMap((folder_.path() / "maps" / category / "test" / path).replace_extension(".tiff"), kMapSize);
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
    AddMask("dent/1_mask.png", 4, kMapSize, std::string("data/") + category);
  }
  const MetricsReport report = Run(Options());
  ASSERT_EQ(report.objects.size(), 2U);
  const MetricsGroup& nut = report.objects.at("nut").overall;
  EXPECT_EQ(nut.image_map_max.rocauc.value, 0.5);  // both maps have the maximum 1
  EXPECT_EQ(nut.image_score.rocauc.value, 0.5);
  EXPECT_FALSE(nut.image_retrieval.rocauc.value.has_value());
  EXPECT_EQ(nut.num_regions, 1U);
}

TEST_F(EvaluateMapsTest, ScoresImagesWithoutAMaskByTheirMapsToo) {
  AddPair("nut", "dent/1.png");
  AddPair("nut", "good/1.png");
  const MetricsGroup nut = Run(Options()).objects.at("nut").overall;
  EXPECT_EQ(nut.image_map_max.rocauc.value, 0.5);
  EXPECT_FALSE(nut.pixel.rocauc.value.has_value());
}

TEST_F(EvaluateMapsTest, AcceptsASingleCategoryAsTheDataSet) {
  AddPair("", "good/1.png");
  EXPECT_EQ(Run(Options()).objects.count("data"), 1U);
}

TEST_F(EvaluateMapsTest, NamesWhatDoesNotPair) {
  AddPair("nut", "good/1.png");
  WriteText(folder_.path() / "data/nut/test/good/2.png", "no map of it");
  WriteMap(folder_.path() / "maps/nut/test/good/3.tiff", kMapSize);
  WriteText(folder_.path() / "data/pill/test/good/1.png", "no maps at all");
  Run(Options());
  EXPECT_TRUE(sink_.Warned("1 images have no map"));
  EXPECT_TRUE(sink_.Warned("1 maps belong to no image"));
  EXPECT_TRUE(sink_.Warned("there are no maps of pill"));
}

TEST_F(EvaluateMapsTest, TakesOneFolderOfMasksForOneCategoryOnly) {
  AddPair("nut", "dent/1.png");
  WriteText(folder_.path() / "data/pill/test/good/1.png", "no maps: nothing to pair with masks");
  AddMask("dent/1_mask.png", 4, kMapSize, "elsewhere");
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

TEST_F(EvaluateMapsTest, LeavesOutWhatTheOfficialScriptsSkipButSaysSo) {
  for (const char* path : {"good/1.png", "cut_a/1.png", "cut2/1.png", "cut-b/1.png", "___/1.png",
                           "cut_a/deep/1.png", "schramme_\xc3\xa4/1.png"}) {
    AddPair("nut", path);
  }
  const ObjectMetrics nut = Run(Options()).objects.at("nut");
  EXPECT_EQ(nut.overall.num_normal, 1U);
  EXPECT_EQ(nut.overall.num_anomalous, 2U);
  EXPECT_EQ(nut.per_defect.count("cut_a") + nut.per_defect.count("schramme_\xc3\xa4"), 2U);
  EXPECT_TRUE(sink_.Warned("4 images are left out as by MVTec's scripts"));
  EXPECT_TRUE(sink_.Warned("cut2"));
  EXPECT_FALSE(sink_.Warned("maps belong to no image"));
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
