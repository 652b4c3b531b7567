#include "checksums.h"

#include "fixtures.h"
#include "zip_archive.h"

namespace touchstone {
namespace {

const ZipFile kData{"root/data.pkl", "the data"}, kCode{"root/code/net.py", "the code"};

std::string Line(const ZipFile& file) {
  return Sha256(file.data.data(), file.data.size()) + "  " + file.path.substr(5) + "\n";
}

ZipFile ListOf(const std::vector<ZipFile>& files) {
  std::string text;
  for (const ZipFile& file : files) text += Line(file);
  return {"root/extra/touchstone.sha256", text};
}

// What is said about an archive; empty if nothing.
std::string Refusal(const std::string& archive) {
  try {
    CheckChecksums(Bytes(archive.begin(), archive.end()));
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::kModel);
    return error.message;
  }
}

std::string Refusal(const std::vector<ZipFile>& files) { return Refusal(ZipOf(files)); }

TEST(CheckChecksums, TakesRecordsThatAreAsTheirListSaysInAnyOrder) {
  EXPECT_EQ(Refusal({kCode, kData, ListOf({kCode, kData})}), "");
  EXPECT_EQ(Refusal({ListOf({kCode, kData}), kData, kCode}), "");
  EXPECT_EQ(Refusal({ListOf({})}), "");
}

TEST(CheckChecksums, TakesWhatCarriesNone) {
  EXPECT_EQ(Refusal({kCode, kData}), "");
  EXPECT_EQ(Refusal(std::vector<ZipFile>{}), "");
  EXPECT_EQ(Refusal(std::string("no archive")), "");
  EXPECT_EQ(Refusal(std::string()), "");
}

TEST(CheckChecksums, RefusesRecordsThatAreNotAsTheirListSays) {
  ZipFile altered = kData;
  altered.data[3] ^= 1;
  ZipFile renamed = kData;
  renamed.path = "root/data.pkk";
  const ZipFile list = ListOf({kCode, kData});
  const std::vector<std::vector<ZipFile>> wrong{
      {kCode, altered, list},       // other bytes
      {kCode, renamed, list},       // another name
      {kCode, list},                // one too few
      {kCode, kCode, kData, list},  // one too many
      {kCode, kData, list, list},   // two lists
      {kCode, kData, ListOf({kData, kCode})},
  };
  for (const std::vector<ZipFile>& files : wrong) {
    EXPECT_TRUE(Says(Refusal(files), "damaged: its contents differ from the check sums"));
  }
}

// LibTorch would not find a record in another root folder, or read it in another way.
TEST(CheckChecksums, RefusesAnArchiveThatIsNoPlainOneAnyMore) {
  const ZipFile list = ListOf({kCode, kData});
  ZipFile elsewhere = kData, compressed = kData;
  elsewhere.path = "rood/data.pkl";
  compressed.method = 8;
  const std::string whole = ZipOf({kCode, kData, list});
  for (const std::string& archive : {ZipOf({kCode, elsewhere, list}), ZipOf({kCode, compressed, list}),
                                     whole.substr(0, whole.size() - 1)}) {
    EXPECT_TRUE(Says(Refusal(archive), "damaged, or packed anew: it is no plain archive"));
  }
}

}  // namespace
}  // namespace touchstone
