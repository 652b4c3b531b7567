#include <unistd.h>

#include "fixtures.h"

namespace touchstone {
namespace {

/// A folder of models that $TOUCHSTONE_MODELS names while the test runs.
class FindModelTest : public testing::Test {
 protected:
  FindModelTest() { setenv("TOUCHSTONE_MODELS", folder_.path().c_str(), 1); }
  ~FindModelTest() override { unsetenv("TOUCHSTONE_MODELS"); }

  std::filesystem::path Put(const std::string& name) const {
    WriteFileAtomically(folder_.path() / name, std::string_view("content"));
    return folder_.path() / name;
  }

  TemporaryFolder folder_;
};

TEST_F(FindModelTest, TakesAPathToAFileAsItIs) {
  const std::filesystem::path file = Put("net.bin");
  EXPECT_EQ(FindModel(file.string()), file);
}

TEST_F(FindModelTest, FindsANameInTheFolderOfTheEnvironment) {
  const std::filesystem::path file = Put("widget.pt");
  EXPECT_EQ(FindModel("widget"), file);
}

TEST_F(FindModelTest, RefusesAPathThatDoesNotExist) {
  for (const std::string name : {"some/where/net", "net.pt", ""}) {
    const Error error = ErrorOf([&] { FindModel(name); });
    EXPECT_EQ(error.code, ErrorCode::kUsage);
    EXPECT_TRUE(Says(error.message, "--model " + name + ": no such file"));
  }
}

TEST_F(FindModelTest, GivesTheCommandThatExportsAKnownArchitecture) {
  const Error error = ErrorOf([] { FindModel("wide_resnet50_2"); });
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  const std::string target = (folder_.path() / "wide_resnet50_2.pt").string();
  EXPECT_TRUE(Says(error.message, "scripts/export_extractor.py wide_resnet50_2 -o " + target));
}

TEST_F(FindModelTest, ListsWhatIsThereForAnUnknownName) {
  Put("widget.pt");
  Put("gadget.pt");
  Put("notes.txt");
  const Error error = ErrorOf([] { FindModel("no_such_network"); });
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_TRUE(Says(error.message, folder_.path().string()));
  EXPECT_TRUE(Says(error.message, "found there: gadget, widget;"));
  EXPECT_FALSE(Says(error.message, "notes"));
  EXPECT_FALSE(Says(error.message, "export_extractor"));
}

TEST_F(FindModelTest, SpeaksOfNoOptionWhereNoneNamedTheModel) {
  EXPECT_TRUE(Says(ErrorOf([] { FindModel("net.pt", ""); }).message, "net.pt: no such file"));
  const std::string message = ErrorOf([] { FindModel("no_such_network", ""); }).message;
  EXPECT_EQ(message.find("no_such_network: no no_such_network.pt in "), 0U) << message;
}

}  // namespace
}  // namespace touchstone
