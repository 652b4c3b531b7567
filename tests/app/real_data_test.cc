// On real photographs, where they are at hand: the figures cannot be reached by accident.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "app/run.h"
#include "core/support.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

class RealHazelnuts : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(data())) {
      GTEST_SKIP()
          << "no hazelnut_reduced in the folder of shared data (../shared/data beside the source tree)";
    }
    FitOptions options;
    options.input = data() / "train";
    options.output = folder_.path() / "gallery";
    options.model = (fs::path(TOUCHSTONE_MODELS) / "efficientnet_lite0.pt").string();
    ASSERT_EQ(RunFit(options).num_images, 50U);
  }
  static fs::path data() {
    return (fs::path(TOUCHSTONE_SHARED_DATA) / "hazelnut_reduced").lexically_normal();
  }

  ScoreOptions Options(const std::string& output) const {
    ScoreOptions options;
    options.inputs = {(data() / "test").string()};
    options.gallery = folder_.path() / "gallery";
    options.output = folder_.path() / output;
    return options;
  }

  TemporaryFolder folder_;
};

TEST_F(RealHazelnuts, AreToldApartPixelByPixel) {
  RecordingSink sink;
  const ScoreSummary summary = RunScore(Options("results"), &sink);
  EXPECT_EQ(summary.num_failed, 0U);
  EXPECT_EQ(summary.results.images.size(), 10U);
  EvaluateOptions options;
  options.results = folder_.path() / "results";
  const MetricsReport report = Evaluate(options, sink);
  const MetricsGroup& figures = report.objects.at("hazelnut_reduced").overall;
  EXPECT_EQ(figures.num_normal, 2U);
  EXPECT_EQ(figures.num_anomalous, 8U);
  EXPECT_GT(figures.pixel.rocauc.value.value(), 0.98);
  EXPECT_GT(figures.au_pro.at("0.3").value.value(), 0.9);
  RecordProperty("pixel_rocauc", std::to_string(*figures.pixel.rocauc.value));
  RecordProperty("au_pro_0.3", std::to_string(*figures.au_pro.at("0.3").value));
}

TEST_F(RealHazelnuts, GetTheSameBytesFromOneAndTwoThreads) {
  std::vector<std::string> inputs;
  for (const auto& entry : fs::recursive_directory_iterator(data() / "test")) {
    if (entry.is_regular_file()) inputs.push_back(entry.path().string());
  }
  std::sort(inputs.begin(), inputs.end());
  ASSERT_GE(inputs.size(), 3U);
  inputs.resize(3);
  for (const int threads : {1, 2}) {
    ScoreOptions options = Options(std::to_string(threads));
    options.inputs = inputs;
    RecordingSink sink;
    RunScore(options, &sink, threads);
  }
  const std::set<std::string> files = FilesBelow(folder_.path() / "1");
  EXPECT_EQ(files, FilesBelow(folder_.path() / "2"));
  int num_maps = 0;
  for (const std::string& file : files) {
    if (!fs::is_regular_file(folder_.path() / "1" / file)) continue;
    EXPECT_EQ(ReadText(folder_.path() / "1" / file), ReadText(folder_.path() / "2" / file)) << file;
    num_maps += fs::path(file).extension() == ".tiff";
  }
  EXPECT_EQ(num_maps, 3);
}

}  // namespace
}  // namespace touchstone
