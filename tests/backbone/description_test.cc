// Every member of touchstone.json is checked for presence, type and range.
#include "description.h"

#include <nlohmann/json.hpp>

#include "fixtures.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

Json Valid() {
  return Json::parse(R"({"schema": "touchstone.extractor/1", "name": "net", "version": "1", "license": "MIT",
    "weights": {"source": "somewhere", "sha256": ""}, "mean": [0.1, 0.2, 0.3], "std": [1, 2, 3],
    "levels": [{"name": "a", "channels": 7, "stride": 4}, {"name": "b", "channels": 9, "stride": 4}],
    "global_size": 11, "input_multiple": 4, "default_levels": {"spade": [1, 2]}})");
}

TEST(Description, IsReadWhereEveryMemberIsInItsLimits) {
  const ExtractorInfo info = ParseDescription(Valid().dump());
  EXPECT_EQ(info.levels[1].channels, 9);
  EXPECT_EQ(info.mean[2], 0.3F);
}

TEST(Description, IgnoresMembersThatItDoesNotKnow) {
  Json document = Valid();
  document["from_the_future"] = {1, 2, 3};
  EXPECT_NO_THROW(ParseDescription(document.dump()));
}

TEST(Description, RefusesADocumentWithoutAnyOneOfItsMembers) {
  const Json valid = Valid();
  for (const auto& item : valid.items()) {
    Json document = valid;
    document.erase(item.key());
    const Error error = ErrorOf([&] { ParseDescription(document.dump()); });
    EXPECT_EQ(error.code, ErrorCode::kModel);
    EXPECT_TRUE(Says(error.message, item.key() + " is missing"));
  }
}

TEST(Description, RefusesAWrongTypeForAnyOneOfItsMembers) {
  const Json valid = Valid();
  for (const auto& item : valid.items()) {
    for (const Json& wrong : {Json(nullptr), Json(true), Json::array({Json::array()})}) {
      Json document = valid;
      document[item.key()] = wrong;
      const Error error = ErrorOf([&] { ParseDescription(document.dump()); });
      EXPECT_EQ(error.code, ErrorCode::kModel);
      EXPECT_TRUE(Says(error.message, item.key())) << wrong;
    }
  }
}

struct Change {
  std::string pointer;  // JSON pointer of the member
  Json value;
  std::string message;
};

class DescriptionLimitTest : public testing::TestWithParam<Change> {};

TEST_P(DescriptionLimitTest, IsNamedInTheMessage) {
  Json document = Valid();
  document[Json::json_pointer(GetParam().pointer)] = GetParam().value;
  const Error error = ErrorOf([&] { ParseDescription(document.dump()); });
  EXPECT_EQ(error.code, ErrorCode::kModel);
  EXPECT_TRUE(Says(error.message, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Description, DescriptionLimitTest,
    testing::Values(
        Change{"/schema", "touchstone.extractor/2",
               "schema = touchstone.extractor/2 must be touchstone.extractor/1"},
        Change{"/name", "", "name must not be empty"},
        Change{"/name", std::string(501, 'x'), "name must have at most 500 bytes"},
        Change{"/name", "red\x1b[31m", "name must have at most 500 bytes and no control characters"},
        Change{"/weights/source", 7, "weights.source must be a text"},
        Change{"/mean", Json::array({0, 0}), "mean must be a list of 3 values"},
        Change{"/mean/1", 1e300, "mean[1] must be within +-1000"},
        Change{"/std/2", 0, "std[2] must be at least 1e-6"},
        Change{"/std/0", -1, "std[0] must be at least 1e-6"},
        Change{"/levels", Json::array(), "levels must be a list of 1 to 16 values"},
        Change{"/levels/1/channels", 0, "levels[1].channels = 0 must be a whole number from 1 to 65536"},
        Change{"/levels/1/channels", 1.5, "levels[1].channels = 1.5 must be a whole number"},
        Change{"/levels/0/channels", 1e19, "levels[0].channels = 1e+19 must be a whole number"},
        Change{"/levels/0/channels", 18446744073709551615U, "levels[0].channels = 18446744073709551615 must"},
        Change{"/levels/0/stride", -4, "levels[0].stride = -4 must be a whole number from 1 to 1024"},
        Change{"/levels/1/stride", 2, "levels[1].stride must not shrink"},
        Change{"/levels/1/stride", 8, "levels[1].stride must divide input_multiple"},
        Change{"/global_size", 65537, "global_size = 65537 must be a whole number from 1 to 65536"},
        Change{"/input_multiple", 0, "input_multiple = 0 must be a whole number from 1 to 1024"},
        Change{"/default_levels/spade", Json::array(),
               "default_levels.spade must be a list of 1 to 2 values"},
        Change{"/default_levels/spade/0", 3,
               "default_levels.spade[0] = 3 must be a whole number from 1 to 2"}));

TEST(Description, RefusesWhatIsNoJson) {
  for (const std::string text : {"", "{", "[1, 2", "\xff\xfe", "nan"}) {
    EXPECT_TRUE(Says(ErrorOf([&] { ParseDescription(text); }).message, "the document must be JSON"));
  }
  EXPECT_TRUE(Says(ErrorOf([] { ParseDescription("[]"); }).message, "the document must be an object"));
}

TEST(Description, RefusesEndlessTextAndEndlessDepth) {
  EXPECT_TRUE(Says(ErrorOf([] { ParseDescription(std::string(2U << 20U, ' ')); }).message, "1048576 bytes"));
  EXPECT_TRUE(Says(ErrorOf([] { ParseDescription(std::string(1U << 19U, '[')); }).message, "must be JSON"));
}

}  // namespace
}  // namespace touchstone
