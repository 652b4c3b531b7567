#include "touchstone/store/safetensors.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "core/support.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

std::vector<float> Counting(std::size_t count, float start) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = start + 0.25F * static_cast<float>(i);
  return values;
}

std::string LittleEndian(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 255);
  return bytes;
}

class Safetensors : public testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "x.safetensors"; }
  // A file of this header (its true length in front) and this many bytes of data.
  void WriteRaw(const std::string& header, std::size_t data_bytes) const {
    WriteText(file(), LittleEndian(header.size()) + header + std::string(data_bytes, '\0'));
  }
  testing::AssertionResult IsRefused(const std::string& part = "") const {
    return Refuses(ErrorCode::kGallery, part, [&] { SafetensorsFile opened(file()); });
  }
  testing::AssertionResult HeaderIsRefused(const std::string& header, const std::string& part = "") const {
    WriteRaw(header, 64);
    return IsRefused(part) << " for " << header.substr(0, 200);
  }

  TemporaryFolder folder_;
};

TEST_F(Safetensors, BringBackFloat32BitForBit) {
  std::vector<float> odd{0.0F, -0.0F, 1e-45F, std::numeric_limits<float>::max(), 0.1F, -1.0F / 3};
  WriteSafetensors(file(),
                   {{"global", {3, 2}, odd}, {"level1", {3, 1, 7, 1}, Counting(21, 5)}, {"none", {0, 4}, {}}},
                   TensorType::kFloat32);
  const SafetensorsFile opened(file());
  const std::vector<float> back = opened.ReadRows("global", 0, 3);
  ASSERT_EQ(back.size(), odd.size());
  EXPECT_EQ(std::memcmp(back.data(), odd.data(), odd.size() * sizeof(float)), 0);
  EXPECT_EQ(opened.ReadRows("level1", 1, 2), Counting(14, 5 + 7 * 0.25F));
  EXPECT_EQ(opened.tensor("level1").shape, (std::vector<std::size_t>{3, 1, 7, 1}));
  EXPECT_TRUE(opened.ReadRows("none", 0, 0).empty());
  EXPECT_TRUE(opened.ReadRows("global", 3, 0).empty());
}

TEST_F(Safetensors, RoundToTheNearestEvenFloat16) {
  // 2048 + 1 lies halfway between 2048 and 2050, 2048 + 3 between 2050 and 2052.
  const std::vector<float> values{1, 0.5F, 2049, 2051, 65519, 6.103515625e-5F, 5.9604644775390625e-8F, -2};
  const std::vector<float> expected{1, 0.5F, 2048, 2052, 65504, 6.103515625e-5F, 5.9604644775390625e-8F, -2};
  WriteSafetensors(file(), {{"level1", {8}, values}}, TensorType::kFloat16);
  EXPECT_EQ(SafetensorsFile(file()).ReadRows("level1", 0, 8), expected);
}

TEST_F(Safetensors, RefuseWhatFloat16CannotHold) {
  for (const float value : {65520.0F, -1e30F, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "'level2'", [&] {
      WriteSafetensors(file(), {{"level2", {1}, {value}}}, TensorType::kFloat16);
    }));
    EXPECT_FALSE(fs::exists(file()));
  }
}

// The format itself, so that the readers of other languages open it.
TEST_F(Safetensors, AreLaidOutAsTheFormatSays) {
  WriteSafetensors(file(), {{"a", {1, 2}, {1, -2}}, {"b", {1}, {0.5F}}}, TensorType::kFloat32);
  std::string header =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}";
  header.append((8 - header.size() % 8) % 8, ' ');
  const std::string data("\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f", 12);
  EXPECT_EQ(ReadText(file()), LittleEndian(header.size()) + header + data);
}

TEST_F(Safetensors, AcceptWhatOtherWritersAdd) {
  WriteRaw(
      "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}} "
      " ",
      4);
  EXPECT_EQ(SafetensorsFile(file()).ReadRows("a", 0, 2), (std::vector<float>{0, 0}));
}

TEST_F(Safetensors, RefuseRowsAndNamesThatAreNotThere) {
  WriteSafetensors(file(), {{"a", {3, 2}, Counting(6, 0)}}, TensorType::kFloat32);
  const SafetensorsFile opened(file());
  const auto max = std::numeric_limits<std::size_t>::max();
  for (const auto& [first, count] : std::vector<std::pair<std::size_t, std::size_t>>{
           {0, 4}, {3, 1}, {4, 0}, {2, 2}, {max, 1}, {1, max}, {max, max}}) {
    EXPECT_TRUE(Refuses(ErrorCode::kGallery, "3 rows",
                        [&, first = first, count = count] { opened.ReadRows("a", first, count); }));
  }
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "no array 'b'", [&] { opened.ReadRows("b", 0, 1); }));
}

TEST_F(Safetensors, RefuseAFileCutShortAtEveryByte) {
  WriteSafetensors(file(), {{"a", {3}, {1, 2, 3}}, {"b", {2}, {4, 5}}}, TensorType::kFloat32);
  const std::string whole = ReadText(file());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    WriteText(file(), whole.substr(0, length));
    ASSERT_TRUE(IsRefused()) << length << " of " << whole.size() << " bytes";
  }
}

TEST_F(Safetensors, RefuseAFileThatIsCutShortAfterItWasOpened) {
  WriteSafetensors(file(), {{"a", {300}, Counting(300, 1)}}, TensorType::kFloat32);
  const SafetensorsFile opened(file());
  fs::resize_file(file(), 100);
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "ends at byte", [&] { opened.ReadRows("a", 0, 300); }));
}

TEST_F(Safetensors, RefuseHeadersOfImpossibleLength) {
  for (const std::uint64_t length :
       {std::uint64_t{65}, std::uint64_t{1} << 20, (std::uint64_t{1} << 20) + 1, std::uint64_t{1} << 63,
        std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint64_t>::max() - 7}) {
    WriteText(file(), LittleEndian(length) + std::string(64, ' '));
    EXPECT_TRUE(IsRefused()) << length;
  }
}

TEST_F(Safetensors, RefuseShapesAndOffsetsThatDoNotAgree) {
  const auto entry = [](const std::string& shape, const std::string& offsets,
                        const std::string& type = "F32") {
    return "{\"a\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
  };
  const std::string huge = "18446744073709551615", half = "4611686018427387904";
  WriteRaw(entry("[16]", "[0,64]"), 64);
  EXPECT_NO_THROW(SafetensorsFile opened(file()));  // what all of these are one step away from
  for (const std::string& header : std::vector<std::string>{entry("[17]", "[0,68]"),
                                                            entry("[16]", "[0,63]"),
                                                            entry("[16]", "[64,0]"),
                                                            entry("[16]", "[1,65]"),
                                                            entry("[-16]", "[0,64]"),
                                                            entry("[16]", "[-64,0]"),
                                                            entry("[16.0]", "[0,64]"),
                                                            entry("[true]", "[0,4]"),
                                                            entry("[\"16\"]", "[0,64]"),
                                                            entry("[16]", "[0,64,128]"),
                                                            entry("[16]", "[0]"),
                                                            entry("[16]", "64"),
                                                            entry("[]", "[0,4]"),
                                                            entry("16", "[0,64]"),
                                                            entry("null", "[0,64]"),
                                                            entry("[1,1,1,1,1,1,1,1,16]", "[0,64]"),
                                                            entry("[" + huge + "]", "[0,64]"),
                                                            entry("[" + half + ",4,4]", "[0,64]"),
                                                            entry("[" + half + "," + half + "]", "[0,0]"),
                                                            entry("[4294967296,4294967296]", "[0,0]"),
                                                            entry("[16]", "[" + huge + "," + huge + "]"),
                                                            entry("[16]", "[0,18446744073709551680]"),
                                                            entry("[16]", "[0,64]", "F16"),
                                                            entry("[16]", "[0,64]", "I32"),
                                                            entry("[8]", "[0,64]", "F64"),
                                                            entry("[16]", "[0,64]", "")}) {
    EXPECT_TRUE(HeaderIsRefused(header));
  }
}

TEST_F(Safetensors, RefuseHeadersThatAreNoHeaders) {
  const std::string good = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
  for (const std::string& header : std::vector<std::string>{
           "", "null", "[]", "3", "\"a\"", "{", "{}}", "not json", "{\"a\":null}", "{\"a\":[]}", "{\"a\":{}}",
           "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}",
           "{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}}", "{\"a\":" + good,
           "{\"\xff\xfe\":" + good + "}", "{\"a\":" + good + "}x", std::string(60, '\0')}) {
    EXPECT_TRUE(HeaderIsRefused(header));
  }
  EXPECT_TRUE(HeaderIsRefused("{\"a\":" + good + ",\"a\":" + good + "}", "twice"));
}

TEST_F(Safetensors, RefuseDeepNestingWithoutOverflowingTheStack) {
  for (const std::string& open : {std::string("["), std::string("{\"a\":")}) {
    std::string header;
    while (header.size() < 900000) header += open;
    EXPECT_TRUE(HeaderIsRefused(header));
  }
}

TEST_F(Safetensors, RefuseWhatIsNoFile) {
  EXPECT_TRUE(IsRefused("cannot be opened"));
  fs::create_directory(file());
  EXPECT_TRUE(IsRefused("not a regular file"));
}

TEST_F(Safetensors, StayReadableAfterAMove) {
  WriteSafetensors(file(), {{"a", {2}, {1, 2}}}, TensorType::kFloat32);
  std::vector<SafetensorsFile> files;
  files.emplace_back(file());
  for (int i = 0; i < 5; ++i) files.emplace_back(file());  // reallocates
  EXPECT_EQ(files[0].ReadRows("a", 1, 1), std::vector<float>{2});
}

}  // namespace
}  // namespace touchstone
