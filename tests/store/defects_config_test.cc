#include "touchstone/store/defects_config.h"

#include <gtest/gtest.h>

#include "core/support.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

std::string Entry(const std::string& value, const std::string& threshold, const std::string& is_relative) {
  return R"({"defect_name": "d)" + value + R"(", "pixel_value": )" + value + R"(, "saturation_threshold": )" +
         threshold + R"(, "relative_saturation": )" + is_relative + R"(, "note": "ignored"})";
}

class DefectsConfigTest : public testing::Test {
 protected:
  std::filesystem::path File(const std::string& text) const {
    WriteFileAtomically(folder_.path() / "defects_config.json", text);
    return folder_.path() / "defects_config.json";
  }
  Error Fails(const std::string& text) const {
    return ErrorOf([&] { ReadDefectsConfig(File(text)); });
  }
  TemporaryFolder folder_;
};

TEST_F(DefectsConfigTest, IsReadByGreyValue) {
  const DefectKinds kinds =
      ReadDefectsConfig(File("[" + Entry("255", "6300", "false") + "," + Entry("7", "0.5", "true") + "]"));
  ASSERT_EQ(kinds.size(), 2U);
  EXPECT_EQ(kinds.at(255).name, "d255");
  EXPECT_FALSE(kinds.at(255).is_relative);
  EXPECT_EQ(kinds.at(255).threshold, 6300);
  EXPECT_TRUE(kinds.at(7).is_relative);
  EXPECT_EQ(kinds.at(7).threshold, 0.5);
}

TEST_F(DefectsConfigTest, IsRefusedWhereItIsMalformedOrOutOfRange) {
  for (const std::string& text :
       {std::string(""), std::string("{}"), std::string("[1]"), std::string("[{}]"),
        "[" + Entry("0", "5", "false") + "]", "[" + Entry("256", "5", "false") + "]",
        "[" + Entry("1.5", "5", "false") + "]", "[" + Entry("9", "0", "false") + "]",
        "[" + Entry("9", "2.5", "false") + "]", "[" + Entry("9", "1e30", "false") + "]",
        "[" + Entry("9", "0.0", "true") + "]", "[" + Entry("9", "1.01", "true") + "]",
        "[" + Entry("9", "true", "true") + "]", "[" + Entry("9", "5", "1") + "]",
        "[" + Entry("9", "5", "false") + "," + Entry("9", "5", "false") + "]"}) {
    const Error error = Fails(text);
    EXPECT_EQ(error.code, ErrorCode::kResults) << text;
    EXPECT_EQ(error.where.filename(), "defects_config.json") << text;
  }
  EXPECT_TRUE(Says(Fails("[" + Entry("9", "1.5", "true") + "]").what(), "1.5 of d9: must be above 0"));
}

TEST(SaturationOf, IsAShareRoundedDownOrANumberAndNeverMoreThanThereIs) {
  EXPECT_EQ(SaturationOf({"", true, 0.75}, 27), 20U);
  EXPECT_EQ(SaturationOf({"", true, 1.0}, 27), 27U);
  EXPECT_EQ(SaturationOf({"", true, 0.5}, 1), 1U);  // theirs divides by zero
  EXPECT_EQ(SaturationOf({"", false, 10}, 27), 10U);
  EXPECT_EQ(SaturationOf({"", false, 100}, 27), 27U);
}

}  // namespace
}  // namespace touchstone
