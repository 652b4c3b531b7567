// PatchCore and PaDiM from fit to score against the reference (scripts/golden/methods.py) on committed
// images.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/expected_figures.h"
#include "app/run.h"
#include "core/support.h"
#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kTolerance = 1e-4;  // relative; of maps: to the map's largest value
constexpr std::size_t kNumSets = 7;

fs::path GoldenFolder() { return fs::path(TOUCHSTONE_TEST_DATA) / "golden"; }

const Json& Expected() {
  static const Json expected = Json::parse(std::ifstream(GoldenFolder() / "methods/expected.json"));
  return expected;
}

Size SizeFrom(const Json& json) { return {json.at(0).get<int>(), json.at(1).get<int>()}; }

FitOptions FitOptionsOf(const Json& set, const fs::path& gallery) {
  const Json& json = set.at("options");
  FitOptions options;
  options.input = GoldenFolder() / "spade" / Expected().at("train").get<std::string>();
  options.output = gallery;
  options.model = (fs::path(TOUCHSTONE_MODELS) / "efficientnet_lite0.pt").string();
  options.resize = SizeFrom(json.at("resize"));
  if (!json.at("crop").is_null()) options.crop = SizeFrom(json.at("crop"));
  ScoringOptions& scoring = options.scoring;
  scoring.method = MethodNames().at(set.at("method"));
  scoring.sigma = json.at("sigma");
  scoring.levels = json.at("levels").get<std::vector<int>>();
  scoring.image_score = ImageScoreNames().at(json.at("image_score"));
  scoring.seed = json.at("seed");
  if (scoring.method == Method::kPatchCore) {
    scoring.coreset = json.at("coreset");
    scoring.pooling = PoolingNames().at(json.at("pooling"));
    scoring.reweight_neighbors = json.at("reweight_neighbors");
  } else {
    scoring.dims = json.at("dims");
  }
  return options;
}

void ExpectScore(const std::optional<double>& ours, double expected, const std::string& what,
                 Deviations* deviations) {
  ASSERT_TRUE(ours.has_value()) << what;
  const double deviation = std::abs(*ours - expected) / std::abs(expected);
  EXPECT_LE(deviation, kTolerance) << what << ": " << *ours << " instead of " << expected;
  deviations->See(deviation);
}

void ExpectMap(const fs::path& ours_file, const fs::path& expected_file, Deviations* deviations) {
  const ScoreMap ours = ReadScoreMap(ours_file), expected = ReadScoreMap(expected_file);
  ASSERT_EQ(ours.size, expected.size) << expected_file;
  float largest = 0, deviation = 0;
  for (std::size_t p = 0; p < expected.values.size(); ++p) {
    largest = std::max(largest, expected.values[p]);
    deviation = std::max(deviation, std::abs(ours.values[p] - expected.values[p]));
  }
  EXPECT_LE(deviation, kTolerance * largest) << expected_file;
  deviations->See(deviation / largest);
}

class GoldenMethods : public testing::TestWithParam<std::size_t> {};

TEST_P(GoldenMethods, ScoresAndMapsAreThoseOfTheReference) {
  const Json& set = Expected().at("sets").at(GetParam());
  TemporaryFolder folder;
  RunFit(FitOptionsOf(set, folder.path() / "gallery"));
  ScoreOptions options;
  options.inputs = {(GoldenFolder() / "spade" / Expected().at("test").get<std::string>()).string()};
  options.gallery = folder.path() / "gallery";
  options.output = folder.path() / "results";
  RecordingSink sink;
  const Results results = RunScore(options, &sink).results;
  ASSERT_EQ(results.images.size(), set.at("images").size());
  Deviations scores, maps;
  for (std::size_t i = 0; i < results.images.size(); ++i) {
    const ImageResult& ours = results.images[i];
    const Json& expected = set.at("images").at(i);
    const std::string path = expected.at("path");
    ASSERT_EQ(ours.path, path);
    EXPECT_FALSE(ours.retrieval_score.has_value());
    ExpectScore(ours.score, expected.at("score"), path + " score", &scores);
    ExpectScore(ours.map_max, expected.at("map_max"), path + " map_max", &scores);
    if (expected.contains("patch_max")) {
      ExpectScore(ours.patch_max, expected.at("patch_max"), path + " patch_max", &scores);
    }
    ExpectMap(options.output / "maps" / ours.map,
              GoldenFolder() / "methods" / expected.at("map").get<std::string>(), &maps);
  }
  RecordProperty("largest_score_deviation", std::to_string(scores.largest() * 1e6) + "e-6");
  RecordProperty("largest_map_deviation", std::to_string(maps.largest() * 1e6) + "e-6");
}

std::string NameOfSet(const testing::TestParamInfo<std::size_t>& info) {
  std::string name = Expected().at("sets").at(info.param).at("name");
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Sets, GoldenMethods, testing::Range<std::size_t>(0, kNumSets), NameOfSet);

TEST(GoldenMethodsFile, HoldsTheSetsOfTheTests) { EXPECT_EQ(Expected().at("sets").size(), kNumSets); }

}  // namespace
}  // namespace touchstone
