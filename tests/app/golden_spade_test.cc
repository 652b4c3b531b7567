// The library from fit to evaluate against the reference (scripts/golden/spade.py) on committed images.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/expected_figures.h"
#include "app/run.h"
#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/image/map_file.h"
#include "touchstone/report/metrics_report.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kScoreTolerance = 1e-4;   // relative; of maps: to the map's largest value
constexpr double kMetricTolerance = 1e-6;  // absolute

fs::path GoldenFolder() { return fs::path(TOUCHSTONE_TEST_DATA) / "golden/spade"; }

const Json& Expected() {
  static const Json expected = Json::parse(std::ifstream(GoldenFolder() / "expected.json"));
  return expected;
}

Size SizeFrom(const Json& json) { return {json.at(0).get<int>(), json.at(1).get<int>()}; }

FitOptions FitOptionsOf(const Json& set, const fs::path& gallery) {
  const Json& json = set.at("options");
  FitOptions options;
  options.input = GoldenFolder() / set.at("train").get<std::string>();
  options.output = gallery;
  options.model = (fs::path(TOUCHSTONE_MODELS) / "efficientnet_lite0.pt").string();
  options.resize = SizeFrom(json.at("resize"));
  if (!json.at("crop").is_null()) options.crop = SizeFrom(json.at("crop"));
  options.white_level = json.at("white_level");
  options.scoring.num_retrieved = json.at("num_retrieved");
  options.scoring.num_neighbors = json.at("num_neighbors");
  options.scoring.sigma = json.at("sigma");
  options.scoring.fusion = FusionNames().at(json.at("fusion"));
  options.scoring.distance = DistanceNames().at(json.at("distance"));
  options.scoring.levels = json.at("levels").get<std::vector<int>>();
  options.scoring.image_score = ImageScoreNames().at(json.at("image_score"));
  return options;
}

void ExpectScore(const std::optional<double>& ours, double expected, const std::string& what,
                 Deviations* deviations) {
  ASSERT_TRUE(ours.has_value()) << what;
  const double deviation = std::abs(*ours - expected) / std::abs(expected);
  EXPECT_LE(deviation, kScoreTolerance) << what << ": " << *ours << " instead of " << expected;
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
  EXPECT_LE(deviation, kScoreTolerance * largest) << expected_file;
  deviations->See(deviation / largest);
}

class GoldenSpade : public testing::TestWithParam<std::size_t> {};

TEST_P(GoldenSpade, ScoresAndMapsAreThoseOfTheReference) {
  const Json& set = Expected().at("sets").at(GetParam());
  TemporaryFolder folder;
  RunFit(FitOptionsOf(set, folder.path() / "gallery"));
  ScoreOptions options;
  options.inputs = {(GoldenFolder() / set.at("test").get<std::string>()).string()};
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
    ExpectScore(ours.score, expected.at("score"), path + " score", &scores);
    ExpectScore(ours.retrieval_score, expected.at("retrieval_score"), path + " retrieval", &scores);
    ExpectScore(ours.map_max, expected.at("map_max"), path + " map_max", &scores);
    ExpectMap(options.output / "maps" / ours.map, GoldenFolder() / expected.at("map").get<std::string>(),
              &maps);
  }
  RecordProperty("largest_score_deviation", std::to_string(scores.largest() * 1e6) + "e-6");
  RecordProperty("largest_map_deviation", std::to_string(maps.largest() * 1e6) + "e-6");
}

// The reference's own maps and scores through our metrics, so that nothing else is compared.
TEST_P(GoldenSpade, MetricsOfTheReferencesMapsAreThoseOfTheReference) {
  const Json& set = Expected().at("sets").at(GetParam());
  if (set.at("metrics").is_null()) GTEST_SKIP() << "this set has no ground truth";
  TemporaryFolder folder;
  Results results;
  results.maps_dir = (GoldenFolder() / set.at("name").get<std::string>()).string();
  results.complete = true;
  for (const Json& image : set.at("images")) {
    ImageResult result;
    result.path = image.at("path");
    result.source = (GoldenFolder() / set.at("test").get<std::string>() / result.path).string();
    result.label = fs::path(result.path).parent_path().string();
    result.size = {96, 96};
    result.score = image.at("score").get<double>();
    result.retrieval_score = image.at("retrieval_score").get<double>();
    result.map_max = image.at("map_max").get<double>();
    result.map = fs::path(result.path).replace_extension(".tiff").string();
    results.images.push_back(result);
  }
  WriteFileAtomically(folder.path() / "results.json", ResultsJson(results));
  EvaluateOptions options;
  options.results = folder.path();
  RecordingSink sink;
  const Json report = Json::parse(MetricsJson(Evaluate(options, sink)));
  EXPECT_TRUE(sink.warnings.empty()) << sink.warnings[0];
  Deviations deviations;
  ExpectFigures(report.at("objects").at("images"), set.at("metrics"), kMetricTolerance, "", &deviations);
  RecordProperty("largest_metric_deviation", std::to_string(deviations.largest() * 1e9) + "e-9");
}

std::string NameOfSet(const testing::TestParamInfo<std::size_t>& info) {
  std::string name = Expected().at("sets").at(info.param).at("name");
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Sets, GoldenSpade, testing::Range<std::size_t>(0, 8), NameOfSet);

TEST(GoldenSpadeFile, HoldsTheEightSetsOfTheTests) { EXPECT_EQ(Expected().at("sets").size(), 8U); }

TEST(GoldenSpadeFile, WasMadeFromTheseInputs) {
  for (const auto& [file, digest] : Expected().at("inputs").items()) {
    EXPECT_EQ(Sha256OfFile(GoldenFolder() / file), digest.get<std::string>()) << file;
  }
}

}  // namespace
}  // namespace touchstone
