// Features equal those that Python's torch computes with the same file.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "fixtures.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

Json Golden() {
  std::ifstream file(std::string(TOUCHSTONE_TEST_DATA) + "/golden/extractor_features.json");
  return Json::parse(file);
}

bool SmallerMagnitude(float a, float b) { return std::abs(a) < std::abs(b); }

/// Values within 1e-4 of the largest; the sum within what that means for so many independent values.
void ExpectClose(const std::vector<float>& actual, const Json& expected, std::size_t step) {
  const auto samples = expected["samples"].get<std::vector<float>>();
  ASSERT_EQ(samples.size(), (actual.size() + step - 1) / step);
  const float largest = std::abs(*std::max_element(actual.begin(), actual.end(), SmallerMagnitude));
  ASSERT_GT(largest, 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_NEAR(actual[i * step], samples[i], 1e-4F * largest) << "value " << i * step;
  }
  const double sum = std::accumulate(actual.begin(), actual.end(), 0.0);
  EXPECT_NEAR(sum, expected["sum"].get<double>(),
              1e-4 * largest * std::sqrt(static_cast<double>(actual.size())));
}

TEST(FeaturesGolden, BelongToTheModelThatIsHere) {
  EXPECT_EQ(Golden()["sha256"], Sha256OfFile(EmbeddedModel()))
      << "run scripts/make_golden.py extractor_features";
}

TEST(FeaturesGolden, EqualThoseOfPython) {
  const Json golden = Golden();
  const Extractor extractor = Extractor::Load(EmbeddedModel());
  ASSERT_FALSE(golden["cases"].empty());
  for (const Json& expected : golden["cases"]) {
    const Size size{expected["width"].get<int>(), expected["height"].get<int>()};
    const ImageFeatures features = extractor.Extract(PatternImage(size), size);
    ExpectClose(features.global, expected["global"], golden["step"]);
    ASSERT_EQ(features.pyramid.size(), expected["levels"].size());
    for (std::size_t i = 0; i < features.pyramid.size(); ++i) {
      ExpectClose(features.pyramid[i].values, expected["levels"][i], golden["step"]);
    }
  }
}

TEST(Manifest, DescribesTheModelsBesideIt) {
  const std::filesystem::path models = TOUCHSTONE_MODELS;
  std::ifstream file(models / "manifest.json");
  const Json manifest = Json::parse(file);
  ASSERT_FALSE(manifest["extractors"].empty());
  for (const Json& entry : manifest["extractors"]) {
    const ExtractorFile extractor = ExtractorFile::Read(models / entry["file"].get<std::string>());
    const ExtractorInfo& info = extractor.info();
    EXPECT_EQ(entry["name"], info.name);
    EXPECT_EQ(entry["sha256"], extractor.Sha256());
    EXPECT_EQ(entry["bytes"], std::filesystem::file_size(models / entry["file"].get<std::string>()));
    EXPECT_EQ(entry["license"], info.license);
    EXPECT_TRUE(std::filesystem::exists(models / entry["license_file"].get<std::string>()));
    EXPECT_EQ(entry["weights"]["sha256"], info.weights_sha256);
    EXPECT_EQ(entry["input"]["multiple"], info.input_multiple);
    const auto default_size = entry["input"]["default_size"].get<std::vector<int>>();
    const std::vector<FeatureShape> shapes =
        LevelShapes(extractor.info(), {default_size.at(0), default_size.at(1)});
    ASSERT_EQ(entry["levels"].size(), shapes.size());
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      EXPECT_EQ(entry["levels"][i]["name"], info.levels[i].name);
      EXPECT_EQ(entry["levels"][i]["stride"], info.levels[i].stride);
      EXPECT_EQ(entry["levels"][i]["shape_at_256"],
                (Json{shapes[i].height, shapes[i].width, shapes[i].channels}));
    }
  }
}

}  // namespace
}  // namespace touchstone
