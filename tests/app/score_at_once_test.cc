// Images that a method scores several at a time.
#include <gtest/gtest.h>

#include <sstream>

#include "app/run.h"
#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/image/encode.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

class ScoreAtOnce : public testing::Test {
 protected:
  fs::path At(const std::string& name) const { return folder_.path() / name; }

  void Draw(const std::string& name, int seed) const {
    const Size size{40 + seed, 32};
    Image image{size, 8, {}, {}, false};
    for (int i = 0; i < size.width * size.height * 3; ++i) {
      image.rgb8.push_back(
          static_cast<std::uint8_t>(100 + (i / 3 % size.width) * 2 % 100 + (i * 31 + seed * 17) % 23));
    }
    fs::create_directories(At(name).parent_path());
    WriteFileAtomically(At(name), EncodePng(image, 1));
  }

  TemporaryFolder folder_;
  RecordingSink sink_;
};

// padim takes sixteen at a time of a list, and of a stream each as it comes.
TEST_F(ScoreAtOnce, GivesWhatEachImageGivesByItself) {
  for (int i = 0; i < 9; ++i) Draw("train/" + std::to_string(i) + ".png", i);
  FitOptions fitting = SmallFit(folder_.path());
  fitting.scoring.method = Method::kPadim;
  fitting.scoring.levels = {1, 2};
  fitting.scoring.dims = 4;
  RunFit(fitting);
  std::string paths;
  for (int i = 10; i < 31; ++i) {
    const std::string name = "test/" + std::to_string(i) + ".png";
    Draw(name, i);
    if (i == 12 || i == 30) WriteText(At(name), "no image");
    paths += At(name).string() + "\n";
  }
  const ScoreSummary at_once = RunScore(SmallScore(folder_.path()), &sink_);
  std::istringstream stream(paths);
  ScoreOptions options = SmallScore(folder_.path());
  options.inputs = {"-"};
  options.paths = &stream;
  options.output = At("one by one");
  const ScoreSummary each = RunScore(options, &sink_);
  ASSERT_EQ(at_once.results.images.size(), 21U);
  ASSERT_EQ(each.results.images.size(), 21U);
  EXPECT_EQ(at_once.num_failed, 2U);
  for (std::size_t i = 0; i < 21; ++i) {
    const ImageResult &one = at_once.results.images[i], &other = each.results.images[i];
    EXPECT_EQ(one.path, std::to_string(i + 10) + ".png");
    EXPECT_EQ(one.error, other.error);
    EXPECT_EQ(one.failed(), i == 2 || i == 20);
    EXPECT_EQ(one.sha256, other.sha256);
    EXPECT_EQ(one.score, other.score);
    if (one.failed()) continue;
    EXPECT_EQ(ReadText(At("results/maps") / one.map), ReadText(At("one by one/maps") / other.map)) << i;
  }
}

}  // namespace
}  // namespace touchstone
