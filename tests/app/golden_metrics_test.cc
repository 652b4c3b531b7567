// Evaluate against the reference's figures (scripts/golden/metrics.py) on small random maps and masks.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/expected_figures.h"
#include "app/run.h"
#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"
#include "touchstone/report/results.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kTolerance = 1e-6;

const Json& Sets() {
  static const Json document =
      Json::parse(std::ifstream(std::string(TOUCHSTONE_TEST_DATA) + "/golden/metrics.json"));
  return document.at("sets");
}

// Lays a set out as a scored category: maps, masks and results.json.
void WriteCategory(const Json& set, const fs::path& folder) {
  Results results;
  results.maps_dir = "maps";
  results.complete = true;
  int index = 0;
  for (const Json& image : set.at("images")) {
    const Size size{image.at("width"), image.at("height")};
    const std::string label = image.at("defect"), stem = std::to_string(index++);
    ImageResult result;
    result.path = label + "/" + stem + ".png";
    result.source = (folder / "category/test" / result.path).string();
    result.label = label;
    result.size = size;
    result.score = image.at("score").get<double>();
    if (!image.at("retrieval").is_null()) result.retrieval_score = image.at("retrieval").get<double>();
    const auto values = image.at("map").get<std::vector<float>>();
    result.map_max = *std::max_element(values.begin(), values.end());
    result.map = label + "/" + stem + ".tiff";
    fs::create_directories(folder / "results/maps" / label);
    WriteFileAtomically(folder / "results/maps" / result.map, EncodeScoreMap({size, values}));
    results.images.push_back(result);
    if (image.at("mask").is_null() || label == "good") continue;
    Image mask{size, 8, {}, {}, false};
    for (const int value : image.at("mask").get<std::vector<int>>()) {
      mask.rgb8.insert(mask.rgb8.end(), 3, static_cast<std::uint8_t>(value * 255));
    }
    fs::create_directories(folder / "category/ground_truth" / label);
    WriteFileAtomically(folder / "category/ground_truth" / label / (stem + "_mask.png"), EncodePng(mask, 1));
  }
  WriteFileAtomically(folder / "results/results.json", ResultsJson(results));
}

class GoldenMetrics : public testing::TestWithParam<std::size_t> {};

TEST_P(GoldenMetrics, AreThoseOfTheReference) {
  const Json& set = Sets().at(GetParam());
  TemporaryFolder folder;
  WriteCategory(set, folder.path());
  Deviations deviations;
  for (const double limit : set.at("limits").get<std::vector<double>>()) {
    EvaluateOptions options;
    options.results = folder.path() / "results";
    options.pro_limit = limit;
    options.label_by_mask = set.at("label_by_mask");
    if (set.at("resolution").is_number()) options.resolution = set.at("resolution").get<int>();
    RecordingSink sink;
    const Json report = Json::parse(MetricsJson(Evaluate(options, sink)));
    Json ours = report.at("objects").at("category");
    // One run reports two limits of the four: those of the reference that it lacks are left out.
    Json expected = set.at("expected");
    const auto leave_out = [&](Json& figures) {
      const Json given = figures.at("au_pro");
      for (const auto& entry : given.items()) {
        if (!ours.at("au_pro").contains(entry.key())) figures.at("au_pro").erase(entry.key());
      }
      EXPECT_FALSE(figures.at("au_pro").empty());
      // Resolution is a number in the reference's file and a word in ours.
      figures["resolution"] = report.at("objects").at("category").at("resolution");
    };
    leave_out(expected);
    for (auto& entry : expected.at("per_defect").items()) leave_out(entry.value());
    ExpectFigures(ours, expected, kTolerance, set.at("name"), &deviations);
  }
  RecordProperty("largest_deviation", std::to_string(deviations.largest() * 1e9) + "e-9");
}

std::string NameOfSet(const testing::TestParamInfo<std::size_t>& info) {
  std::string name = Sets().at(info.param).at("name");
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Sets, GoldenMetrics, testing::Range<std::size_t>(0, 11), NameOfSet);

TEST(GoldenMetricsFile, HoldsTheElevenSetsOfTheTests) { EXPECT_EQ(Sets().size(), 11U); }

}  // namespace
}  // namespace touchstone
