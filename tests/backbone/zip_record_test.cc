// Archives are made by hand here, so that each field can be wrong by itself.
#include "zip_record.h"

#include <fstream>
#include <limits>

#include "fixtures.h"
#include "zip_archive.h"

namespace touchstone {
namespace {

constexpr std::size_t kMaxBytes = 1000;
constexpr const char* kName = "extra/touchstone.json";

struct Archive {
  std::string path = "root/extra/touchstone.json", data = "123456789", comment, before;
  std::uint32_t crc = 0xCBF43926;  // the published check value of "123456789"
  std::uint16_t method = 0;

  std::string Bytes() const { return ZipOf({{path, data, method, crc, "pad"}}, before, comment); }
};

// One by itself, and one between other bytes.
std::vector<std::string> WithAndWithoutNeighbours() {
  Archive archive;
  const std::string alone = archive.Bytes();
  archive.comment = "a comment";
  archive.before = "bytes of other records";
  return {alone, archive.Bytes()};
}

std::optional<std::string> Read(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "archive.zip";
  std::ofstream(file, std::ios::binary) << bytes;
  return StoredZipRecord(file, kName, kMaxBytes);
}

TEST(ZipRecord, IsReadWhateverStandsAround) {
  for (const std::string& archive : WithAndWithoutNeighbours()) EXPECT_EQ(Read(archive), "123456789");
}

TEST(ZipRecord, IsNoneUnderAnotherName) {
  for (const char* path : {"extra/touchstone.json", "root/other/extra/touchstone.json",
                           "root/extra/touchstone.jso", "root/xextra/touchstone.json"}) {
    Archive archive;
    archive.path = path;
    EXPECT_EQ(Read(archive.Bytes()), std::nullopt) << path;
  }
}

TEST(ZipRecord, IsNoneWhereItIsCompressedDamagedOrTooLarge) {
  Archive compressed, damaged, large;
  compressed.method = 8;
  damaged.data[3] = '0';
  large.data.assign(kMaxBytes + 1, 'x');
  for (const Archive& archive : {compressed, damaged, large}) EXPECT_EQ(Read(archive.Bytes()), std::nullopt);
}

TEST(ZipRecord, IsNoneOfAFileCutAnywhere) {
  const std::string whole = Archive().Bytes();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(Read(whole.substr(0, size)), std::nullopt) << size;
  EXPECT_EQ(StoredZipRecord("/no/such/file", kName, kMaxBytes), std::nullopt);
}

TEST(ZipRecord, NeverGivesOtherDataWhereABitIsFlipped) {
  const std::string whole = Archive().Bytes();
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    EXPECT_EQ(Read(flipped).value_or("123456789"), "123456789") << bit;
  }
}

// The names and data of all records, in a line each; empty where there is no such archive.
std::string All(std::string_view archive) {
  const std::optional<std::vector<ZipRecord>> records = StoredZipRecords(archive);
  std::string text;
  for (const ZipRecord& record : records.value_or(std::vector<ZipRecord>()))
    text += std::string(record.name) + "=" + std::string(record.data) + "\n";
  return text;
}

TEST(ZipRecords, AreFoundWhateverStandsAround) {
  for (const std::string& archive : WithAndWithoutNeighbours())
    EXPECT_EQ(All(archive), "extra/touchstone.json=123456789\n");
}

TEST(ZipRecords, AreThoseOfARealArchive) {
  const Bytes file = ReadFile(EmbeddedModel());
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const auto records = StoredZipRecords(text);
  ASSERT_TRUE(records);
  EXPECT_GT(records->size(), 10U);
  std::size_t num_bytes = 0;
  for (const ZipRecord& record : *records) {
    const std::optional<std::string> one =
        StoredZipRecord(EmbeddedModel(), record.name, std::numeric_limits<std::uint32_t>::max());
    EXPECT_EQ(one, record.data) << record.name;  // which compares CRC-32 sums
    num_bytes += record.data.size();
  }
  EXPECT_GT(num_bytes, file.size() * 9 / 10);
}

bool IsNone(std::string_view archive) { return !StoredZipRecords(archive); }

TEST(ZipRecords, AreNoneOfAnArchiveThatIsCutAnywhere) {
  const std::string whole = ZipOf({{"root/a", "123"}, {"root/b", ""}});
  EXPECT_EQ(All(whole), "a=123\nb=\n");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_TRUE(IsNone(whole.substr(0, size))) << size;
}

TEST(ZipRecords, AreNoneWhereOneIsCompressedOrOutsideOfTheRoot) {
  EXPECT_TRUE(IsNone(ZipOf({{"root/a", "123"}, {"root/b", "456", 8}})));
  EXPECT_TRUE(IsNone(ZipOf({{"root/a", "123"}, {"b", "456"}})));
  EXPECT_TRUE(IsNone(ZipOf({{"root/a", "123"}, {"other/b", "456"}})));
}

TEST(ZipRecords, AreNoneWhereTheEndSaysOtherwise) {
  const std::string whole = ZipOf({{"root/a", "123"}, {"root/b", "456"}});
  const std::size_t end = whole.size() - 22;
  for (const std::size_t field : {10, 12, 16}) {  // number of records, size and place of the directory
    std::string altered = whole;
    ++altered[end + field];
    EXPECT_TRUE(IsNone(altered)) << field;
  }
}

// Each entry names the same data, which together would be larger than the archive.
TEST(ZipRecords, AreNoneWhereTheyShareTheirData) {
  const std::string data(1000, 'x');
  std::string archive = ZipOf({{"root/a", data}, {"root/b", data}});
  const std::size_t second = archive.rfind("PK\1\2");
  archive.replace(second + 42, 4, Little(0, 4));
  EXPECT_FALSE(IsNone(archive));
  archive.erase(1000, 1000);  // of the second record, which nothing names any more
  const std::size_t end = archive.size() - 22;
  const std::size_t directory = archive.find("PK\1\2");
  archive.replace(end + 16, 4, Little(directory, 4));
  EXPECT_TRUE(IsNone(archive));
}

TEST(ZipRecords, AreInsideTheArchiveWhereverABitIsFlipped) {
  const std::string whole = Archive().Bytes();
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    for (const ZipRecord& record : StoredZipRecords(flipped).value_or(std::vector<ZipRecord>())) {
      for (const std::string_view part : {record.name, record.data}) {
        EXPECT_GE(part.data(), flipped.data()) << bit;
        EXPECT_LE(part.data() + part.size(), flipped.data() + flipped.size()) << bit;
      }
    }
  }
}

TEST(PeekInfo, IsWhatLoadingFinds) {
  const ExtractorInfo loaded = Extractor::Load(EmbeddedModel()).info();
  const std::optional<ExtractorInfo> peeked = PeekInfo(EmbeddedModel());
  ASSERT_TRUE(peeked);
  EXPECT_EQ(peeked->name, loaded.name);
  EXPECT_EQ(peeked->input_multiple, loaded.input_multiple);
  EXPECT_EQ(peeked->default_levels, loaded.default_levels);
  EXPECT_EQ(LevelShapes(*peeked, {256, 224}), LevelShapes(loaded, {256, 224}));
}

}  // namespace
}  // namespace touchstone
