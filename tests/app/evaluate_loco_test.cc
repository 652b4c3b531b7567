// Ground truth of MVTec LOCO AD: channels in folders, and how much of each defect is enough.
#include "app/evaluate_fixture.h"

namespace touchstone {
namespace {

// Maps are 1 in the left four columns of eight and six rows, 0 elsewhere.
class EvaluateLocoTest : public EvaluateTest {
 protected:
  void SetUp() override {
    for (const char* defect : {"good", "logical_anomalies", "structural_anomalies"})
      AddImage(std::string(defect) + "/000.png", 1);
    AddMask("logical_anomalies/000/000.png", 8, kMapSize, "part", 10);     // half of it is found
    AddMask("structural_anomalies/000/000.png", 2, kMapSize, "part", 20);  // all of it
    AddMask("structural_anomalies/000/001.png", 3, kMapSize, "part", 10);
    WriteConfig(
        R"([{"defect_name": "gone", "pixel_value": 10, "saturation_threshold": 24, "relative_saturation": false},
                    {"defect_name": "bent", "pixel_value": 20, "saturation_threshold": 0.5, "relative_saturation": true}])");
  }
  void WriteConfig(const std::string& text) {
    std::filesystem::create_directories(folder_.path() / "part");
    WriteFileAtomically(folder_.path() / "part/defects_config.json", text);
  }
};

TEST_F(EvaluateLocoTest, HasAuSproAtTheOfficialLimitsForEachType) {
  const MetricsReport report = Run();
  const ObjectMetrics& part = report.objects.at("part");
  for (const char* limit : {"0.01", "0.05", "0.1", "0.3", "1"}) {
    ASSERT_EQ(part.overall.au_spro.count(limit), 1U) << limit;
    EXPECT_TRUE(part.per_defect.at("logical_anomalies").au_spro.at(limit).value.has_value()) << limit;
  }
  EXPECT_EQ(part.overall.au_spro.size(), 5U);
  EXPECT_EQ(part.per_defect.at("logical_anomalies").image_map_max.rocauc.value, 0.5);
  // The one step of the curve: half of the good image, the only one with anomaly-free pixels, and all 24
  // pixels that are enough. It runs straight from (0, 0) to (1/2, 1).
  EXPECT_NEAR(*part.per_defect.at("logical_anomalies").au_spro.at("0.3").value, 0.3, 1e-12);
  EXPECT_LT(*part.per_defect.at("logical_anomalies").au_pro.at("0.3").value, 0.16);
  EXPECT_TRUE(sink_.warnings.empty()) << sink_.warnings[0];
}

TEST_F(EvaluateLocoTest, ListsTheChannelsOfEachImage) {
  const ObjectMetrics part = Run().objects.at("part");
  ASSERT_EQ(part.per_image.size(), 3U);
  EXPECT_TRUE(part.per_image[0].channels.empty());
  const auto& channels = part.per_image[2].channels;
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].area_px, 12);
  EXPECT_EQ(channels[0].saturation_px, 6);
  EXPECT_EQ(channels[1].area_px, 18);
  EXPECT_EQ(channels[1].saturation_px, 18);
  EXPECT_EQ(channels[1].covered.value, 1.0);
  EXPECT_EQ(part.per_image[2].num_regions, 1U);  // the channels overlap: together they are one region
}

TEST_F(EvaluateLocoTest, TakesChannelsAsOneMaskWhereNothingSaysWhatTheyAre) {
  std::filesystem::remove(folder_.path() / "part/defects_config.json");
  const MetricsReport report = Run();
  EXPECT_TRUE(report.objects.at("part").overall.au_spro.empty());
  EXPECT_EQ(report.objects.at("part").overall.num_regions, 2U);
  EXPECT_TRUE(sink_.Warned("defects_config.json"));
}

TEST_F(EvaluateLocoTest, HasNoAuSproOfResizedMaps) {
  EvaluateOptions options;
  options.resolution = 4;
  const MetricsReport report = Run(options);
  const Metric& area = report.objects.at("part").overall.au_spro.at("0.3");
  EXPECT_FALSE(area.value.has_value());
  EXPECT_TRUE(Says(area.reason, "--resolution"));
  EXPECT_TRUE(report.objects.at("part").overall.au_pro.at("0.3").value.has_value());
}

TEST_F(EvaluateLocoTest, RefusesMasksThatTheConfigDoesNotKnow) {
  AddMask("structural_anomalies/000/001.png", 3, kMapSize, "part", 77);
  const Error unknown = RunFails();
  EXPECT_EQ(unknown.code, ErrorCode::kResults);
  EXPECT_TRUE(Says(unknown.what(), "77"));
  AddMask("structural_anomalies/000/001.png", 3, {4, 6}, "part", 10);
  EXPECT_TRUE(Says(RunFails().what(), "of one size"));
  AddMask("structural_anomalies/000/001.png", 3, kMapSize, "part", 10);
  WriteConfig("{}");
  EXPECT_TRUE(Says(RunFails().what(), "list of defects"));
}

TEST_F(EvaluateLocoTest, ReadsAConfigBesideNamedGroundTruthToo) {
  std::filesystem::create_directories(folder_.path() / "truth");
  for (const char* name : {"ground_truth", "defects_config.json"})
    std::filesystem::rename(folder_.path() / "part" / name, folder_.path() / "truth" / name);
  EvaluateOptions options;
  options.ground_truth = folder_.path() / "truth/ground_truth/";
  EXPECT_EQ(Run(options).objects.at("part").overall.au_spro.size(), 5U);
}

}  // namespace
}  // namespace touchstone
