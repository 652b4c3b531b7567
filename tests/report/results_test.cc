#include "touchstone/report/results.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "core/support.h"
#include "report/results_fixture.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

ImageResult Scored(const std::string& path) {
  ImageResult image;
  image.path = path;
  image.source = "/data/test/" + path;
  image.label = "good";
  image.sha256 = std::string(64, 'a');
  image.size = {640, 480};
  image.score = image.map_max = 0.1F;
  image.retrieval_score = 12345.678901234;
  image.regions =
      DefectRegions{{{{600, 470, 40, 10}, 17, 9.5, 0.1F, 639, 472.25}, {{0, 0, 1, 1}, 1, 2, 2, 0, 0}}, 130};
  image.p_value = 0.25;
  image.verdict = "normal";
  image.is_gated = true;
  image.map = "good/1.tiff";
  image.heatmap = "heatmaps/good/1.png";
  return image;
}

Results Example() {
  Results results = BareResults();
  results.options.levels = {1, 3};
  results.options.seed = 18446744073709551615U;
  results.preprocessing.resize = {256, 192};
  results.preprocessing.crop = Size{224, 160};
  results.roi_sha256 = std::string(64, 'd');
  results.thresholds = Thresholds{Evidence::kGuarantee, 0.02, 60, 0.1F, 2.5, "60 good images"};
  results.heatmap_scale = Interval{0.075, 0.2};
  results.gate = 1234.5;
  results.inputs = {"parts/test"};
  results.maps_dir = "maps";
  results.warnings = {"look out"};
  results.images = {Scored("good/1.png"), Failed("good/2.png", "is cut short"), Scored("good/3.png")};
  results.complete = true;
  return results;
}

class ResultsFile : public testing::Test {
 protected:
  Results RoundTrip(const Results& results) const { return ReadText(ResultsJson(results)); }
  Results ReadText(const std::string& text) const {
    WriteText(folder_.path() / "results.json", text);
    return ReadResults(folder_.path());
  }
  testing::AssertionResult IsRefused(const std::string& text, const std::string& part = "") const {
    return Refuses(ErrorCode::kResults, part, [&] { ReadText(text); }) << " for " << text.substr(0, 80);
  }
  TemporaryFolder folder_;
};

TEST(FormatNumber, BringsBackEveryFloat) {
  std::mt19937 generator(1);
  for (int i = 0; i < 20000; ++i) {
    const auto bits = static_cast<std::uint32_t>(generator());
    float value = 0;
    static_assert(sizeof value == sizeof bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtof(FormatNumber(value).c_str(), nullptr), value);
  }
}

TEST(FormatNumber, IsShortWhereItCanBe) {
  EXPECT_EQ(FormatNumber(0), "0");
  EXPECT_EQ(FormatNumber(0.5), "0.5");
  EXPECT_EQ(FormatNumber(static_cast<double>(0.1F)), "0.100000001");
  EXPECT_EQ(FormatNumber(123456789012.0), "1.23456789e+11");
}

TEST(ScoresCsv, HasOneRowAnImageAndEmptyCellsForWhatIsUndefined) {
  EXPECT_EQ(ScoresCsv(Example()),
            "path,score,retrieval_score,map_max,p_value,verdict,error\n"
            "good/1.png,0.100000001,12345.6789,0.100000001,0.25,normal,\n"
            "good/2.png,,,,,,is cut short\n"
            "good/3.png,0.100000001,12345.6789,0.100000001,0.25,normal,\n");
}

TEST(ScoresCsv, QuotesAsRfc4180Says) {
  Results results;
  results.images = {Failed("a,b.png", "says \"no\""), Failed("line\nbreak.png", "cr\rhere"),
                    Failed("plain.png", "")};
  results.images[2].error_code = "io";
  EXPECT_EQ(ScoresCsv(results),
            "path,score,retrieval_score,map_max,p_value,verdict,error\n"
            "\"a,b.png\",,,,,,\"says \"\"no\"\"\"\n"
            "\"line\nbreak.png\",,,,,,\"cr\rhere\"\n"
            "plain.png,,,,,,\n");
}

TEST_F(ResultsFile, BringsBackEveryField) {
  const Results written = Example(), read = RoundTrip(written);
  EXPECT_EQ(ResultsJson(read), ResultsJson(written));
  EXPECT_EQ(ScoresCsv(read), ScoresCsv(written));  // failed images in their places
  EXPECT_TRUE(read.options == written.options);
  EXPECT_EQ(read.preprocessing.crop, written.preprocessing.crop);
  EXPECT_EQ(read.roi_sha256, written.roi_sha256);
  EXPECT_EQ(read.heatmap_scale.value().low, 0.075);
  EXPECT_EQ(read.heatmap_scale.value().high, 0.2);
  EXPECT_EQ(read.warnings, written.warnings);
  ASSERT_EQ(read.images.size(), 3U);
  EXPECT_TRUE(read.images[1].failed());
  EXPECT_EQ(read.images[0].score, 0.100000001);
}

TEST_F(ResultsFile, KeepsUndefinedScoresUndefined) {
  Results results = Example();
  results.images = {Scored("1.png")};
  results.images[0].retrieval_score.reset();
  results.images[0].map = results.images[0].heatmap = "";
  const ImageResult read = RoundTrip(results).images.at(0);
  EXPECT_FALSE(read.retrieval_score.has_value());
  EXPECT_TRUE(read.map.empty());
  EXPECT_TRUE(Json::parse(ResultsJson(results)).at("images").at(0).at("retrieval_score").is_null());
}

TEST_F(ResultsFile, BringsBackRegions) {
  const ImageResult written = Scored("1.png");
  const ImageResult read = RoundTrip(Example()).images.at(0);
  ASSERT_TRUE(read.regions.has_value());
  EXPECT_EQ(read.regions->num_regions, 130);
  ASSERT_EQ(read.regions->worst.size(), 2U);
  const DefectRegion& region = read.regions->worst[0];
  EXPECT_EQ(region.box.x, 600);
  EXPECT_EQ(region.box.height, 10);
  EXPECT_EQ(region.area_px, 17);
  EXPECT_EQ(region.peak, 9.5);
  EXPECT_EQ(region.mean, 0.100000001);
  EXPECT_EQ(region.centroid_y_px, 472.25);
}

TEST_F(ResultsFile, SaysWhyThereAreNoRegions) {
  Results results = Example();
  results.images = {Scored("1.png")};
  results.images[0].regions.reset();
  results.images[0].regions_reason = "nobody knows";
  const Json image = Json::parse(ResultsJson(results)).at("images").at(0);
  EXPECT_TRUE(image.at("regions").is_null());
  EXPECT_TRUE(image.at("num_regions").is_null());
  EXPECT_EQ(image.at("regions_reason"), "nobody knows");
  const ImageResult read = RoundTrip(results).images.at(0);
  EXPECT_FALSE(read.regions.has_value());
  EXPECT_EQ(read.regions_reason, "nobody knows");
}

TEST_F(ResultsFile, IsRefusedWhereARegionIsImpossible) {
  const Json whole = Json::parse(ResultsJson(Example()));
  const auto expect_refused = [&](const char* path, const Json& value) {
    Json json = whole;
    json.at("images").at(0)[Json::json_pointer(path)] = value;
    EXPECT_TRUE(IsRefused(json.dump())) << path << " = " << value;
  };
  expect_refused("/regions", nullptr);
  expect_refused("/num_regions", nullptr);
  expect_refused("/num_regions", 1);  // two are listed
  expect_refused("/num_regions", 640 * 480 + 1);
  expect_refused("/regions/0/box/0", -1);
  expect_refused("/regions/0/box/0", 601);  // 40 wide: leaves the image
  expect_refused("/regions/0/box/3", 0);
  expect_refused("/regions/0/box", Json::array({1, 1, 1}));
  expect_refused("/regions/0/area_px", 0);
  expect_refused("/regions/0/area_px", 401);
  expect_refused("/regions/0/peak", 0.05);  // below the mean
  expect_refused("/regions/0/peak", 1e39);
  expect_refused("/regions/0/centroid/0", 640);
  expect_refused("/regions/0/centroid", nullptr);
  expect_refused("/regions",
                 std::vector<Json>(kMaxDefectRegions + 1, whole.at("/images/0/regions/0"_json_pointer)));
}

TEST_F(ResultsFile, ListsFailedImagesApart) {
  const Json json = Json::parse(ResultsJson(Example()));
  EXPECT_EQ(json.at("schema"), "touchstone.results/1");
  EXPECT_EQ(json.at("images").size(), 2U);
  ASSERT_EQ(json.at("failed").size(), 1U);
  EXPECT_EQ(json.at("failed").at(0),
            Json({{"path", "good/2.png"}, {"code", "image"}, {"message", "is cut short"}}));
}

TEST_F(ResultsFile, NamesTheCroppedRectangle) {
  EXPECT_EQ(Json::parse(ResultsJson(Example())).at("crop_in_resized_frame"),
            Json({{"x", 16}, {"y", 16}, {"width", 224}, {"height", 160}}));
}

TEST_F(ResultsFile, ShowsNumbersAsTheCsvDoes) {
  const std::string text = ResultsJson(Example());
  EXPECT_TRUE(Says(text, "\"score\": 0.100000001,"));
  EXPECT_TRUE(Says(text, "\"retrieval_score\": 12345.6789,"));
}

// Linux names are bytes. JSON shows what it can, and the bytes beside it lead back to the files.
TEST_F(ResultsFile, BringsBackNamesThatAreNotUtf8) {
  Results results = Example();
  results.images[0].path =
      "d\xe9"
      "faut/1.png";
  results.images[0].label =
      "d\xe9"
      "faut";
  results.images[0].map =
      "d\xe9"
      "faut/1.tiff";
  results.images[1].path = "\xff\x01\x7f.png";
  results.maps_dir = "/maps\xfe";
  const Json json = Json::parse(ResultsJson(results));
  EXPECT_EQ(json.at("images").at(0).at("label"),
            "d\xef\xbf\xbd"
            "faut");
  EXPECT_EQ(json.at("images").at(0).at("label_bytes"), (Json{'d', 0xe9, 'f', 'a', 'u', 't'}));
  EXPECT_EQ(json.at("images").at(1).count("path_bytes"), 0U);  // only where it is needed
  const Results read = RoundTrip(results);
  EXPECT_EQ(ScoresCsv(read).size(), ScoresCsv(results).size());
  EXPECT_EQ(read.maps_dir, results.maps_dir);
  const auto find = [&](const std::string& path) {
    return std::count_if(read.images.begin(), read.images.end(),
                         [&](const auto& i) { return i.path == path; });
  };
  EXPECT_EQ(find(results.images[0].path), 1);
  EXPECT_EQ(find(results.images[1].path), 1);
  for (const ImageResult& image : read.images) {
    EXPECT_EQ(image.map == results.images[0].map, image.path == results.images[0].path);
  }
}

TEST_F(ResultsFile, KeepsUnicodeReadable) {
  Results results = Example();
  results.images[0].path =
      "gr\xc3\xbc\xc3\x9f"
      "e/\xe2\x9c\x93.png";
  EXPECT_TRUE(Says(ResultsJson(results), results.images[0].path));
  EXPECT_EQ(RoundTrip(results).images[2].path, results.images[0].path);  // sorted last
}

TEST_F(ResultsFile, IsRefusedWhereAFieldIsMissingOrOfAnotherType) {
  const Json whole = Json::parse(ResultsJson(Example()));
  int num_fields = 0;
  const auto expect_refused = [&](const Json& json, const std::string& what) {
    EXPECT_TRUE(IsRefused(json.dump())) << what;
    ++num_fields;
  };
  for (const auto& entry : whole.items()) {
    if (entry.key() == "crop_in_resized_frame") continue;  // follows from the preprocessing
    Json json = whole;
    json.erase(entry.key());
    const bool may_be_absent =
        entry.key() == "thresholds" || entry.key() == "roi_sha256" || entry.key() == "heatmap_scale";
    if (!may_be_absent) expect_refused(json, "without " + entry.key());
    json[entry.key()] = entry.key() == "gate" ? Json("3") : Json(3);
    expect_refused(json, entry.key() + " = 3");
  }
  const Json image = whole.at("images").at(0);
  for (const auto& entry : image.items()) {
    Json json = whole;
    json.at("images").at(0).erase(entry.key());
    const bool may_be_absent = entry.key() == "gated" || entry.key() == "regions";
    if (!may_be_absent) expect_refused(json, "without images/" + entry.key());
    const Json other = entry.value().is_boolean() ? Json(3) : Json(true);
    json.at("images").at(0)[entry.key()] = other;
    expect_refused(json, "images/" + entry.key() + " = " + other.dump());
  }
  EXPECT_GT(num_fields, 40);
}

TEST_F(ResultsFile, OfTheFirstVersionsAreReadWithoutThresholds) {
  Json json = Json::parse(ResultsJson(Example()));
  json.erase("thresholds");
  json.erase("gate");
  json.erase("roi_sha256");
  json.erase("heatmap_scale");
  for (Json& image : json.at("images")) {
    for (const char* key : {"gated", "regions", "num_regions"}) image.erase(key);
    image["p_value"] = nullptr;
  }
  const Results read = ReadText(json.dump());
  EXPECT_FALSE(read.thresholds.has_value());
  EXPECT_EQ(read.roi_sha256, "");
  EXPECT_FALSE(read.heatmap_scale.has_value());
  EXPECT_FALSE(read.images.at(0).p_value.has_value());
  EXPECT_EQ(read.images.at(0).score, 0.100000001);
}

TEST_F(ResultsFile, SaysWhyThereAreNoThresholds) {
  Results results = Example();
  results.thresholds.reset();
  results.thresholds_reason = "they were made with other options";
  const Json json = Json::parse(ResultsJson(results));
  EXPECT_TRUE(json.at("thresholds").is_null());
  EXPECT_EQ(json.at("thresholds_reason"), results.thresholds_reason);
  EXPECT_EQ(RoundTrip(results).thresholds_reason, results.thresholds_reason);
}

TEST_F(ResultsFile, ShowsThresholdsAsTheScoresBesideThem) {
  const Json thresholds = Json::parse(ResultsJson(Example())).at("thresholds");
  EXPECT_EQ(thresholds.at("score").dump(), "0.100000001");
  EXPECT_EQ(thresholds.at("kind"), "guarantee");
}

TEST_F(ResultsFile, IsRefusedWhereASizeIsImpossible) {
  for (const Json& value : std::vector<Json>{0, -5, 1.5, 4294967297}) {
    Json json = Json::parse(ResultsJson(Example()));
    json.at("images").at(0).at("width") = value;
    EXPECT_TRUE(IsRefused(json.dump()));
  }
}

TEST_F(ResultsFile, IsRefusedWhenItIsNoneOfOurs) {
  Json other = Json::parse(ResultsJson(Example()));
  other["schema"] = "touchstone.results/2";
  EXPECT_TRUE(IsRefused(other.dump(), "'touchstone.results/2'"));
  for (const std::string& text :
       std::vector<std::string>{"", "null", "[]", "{}", std::string(300000, '['), "\xff"}) {
    EXPECT_TRUE(IsRefused(text));
  }
  const std::string whole = ResultsJson(Example());
  for (std::size_t length = 0; length + 2 < whole.size(); length += 13) {
    ASSERT_TRUE(IsRefused(whole.substr(0, length))) << length;
  }
}

TEST_F(ResultsFile, ThatIsNotThereSaysHowToMakeOne) {
  EXPECT_TRUE(Refuses(ErrorCode::kResults, "touchstone score", [&] { ReadResults(folder_.path()); }));
}

}  // namespace
}  // namespace touchstone
