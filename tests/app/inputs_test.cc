#include "app/inputs.h"

#include <map>

#include "core/support.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Paths(const std::vector<InputItem>& items) {
  std::vector<std::string> paths;
  for (const InputItem& item : items) paths.push_back(item.path);
  return paths;
}

class Inputs : public testing::Test {
 protected:
  std::string Touch(const std::string& name) const {
    WriteText(folder_.path() / name, "x");
    return (folder_.path() / name).string();
  }
  std::string Full(const std::string& name) const { return (folder_.path() / name).string(); }
  // What a path of the folder is called where several inputs are given.
  std::string Named(const std::string& name) const { return Full(name).substr(1); }

  TemporaryFolder folder_;
};

TEST_F(Inputs, OfAFolderAreItsImagesInByteOrder) {
  for (const char* name :
       {"in/b/2.png", "in/b.png", "in/b-1.png", "in/a/1.JPG", "in/B.bmp", "in/notes.txt"}) {
    Touch(name);
  }
  EXPECT_EQ(Paths(ListInputs({Full("in")})),
            (std::vector<std::string>{"B.bmp", "a/1.JPG", "b-1.png", "b.png", "b/2.png"}));
  EXPECT_EQ(ListInputs({Full("in")})[1].file, folder_.path() / "in/a/1.JPG");
}

TEST_F(Inputs, AreLabelledByTheFolderRightAboveThem) {
  Touch("part/test/crack/deep/1.png");
  Touch("part/test/good/1.png");
  Touch("part/test/2.png");
  std::map<std::string, std::string> labels;
  for (const InputItem& item : ListInputs({Full("part/test")})) labels[item.path] = item.label;
  EXPECT_EQ(labels, (std::map<std::string, std::string>{
                        {"2.png", "test"}, {"crack/deep/1.png", "deep"}, {"good/1.png", "good"}}));
  // Also where that folder is the input itself, however it is spelled.
  for (const char* spelling :
       {"part/test/good", "part/test/good/", "part/test/good/.", "part/../part/test/good"}) {
    EXPECT_EQ(ListInputs({Full(spelling)}).at(0).label, "good") << spelling;
    EXPECT_EQ(ListInputs({Full(spelling)}).at(0).path, "1.png") << spelling;
  }
  EXPECT_EQ(ListInputs({Full("part/test/good/1.png")}).at(0).label, "good");
}

TEST_F(Inputs, OfASingleFileAreItsName) {
  EXPECT_EQ(Paths(ListInputs({Touch("a/b/photo.of.part.png")})),
            std::vector<std::string>{"photo.of.part.png"});
}

TEST_F(Inputs, OfSeveralAreNamedAsGivenWithoutALeadingSlash) {
  const std::vector<std::string> given{Touch("z/1.png"), Full("in") + "//", Touch("a.png")};
  Touch("in/good/1.png");
  EXPECT_EQ(Paths(ListInputs(given)),
            (std::vector<std::string>{Named("a.png"), Named("in/good/1.png"), Named("z/1.png")}));
}

TEST_F(Inputs, OfSeveralMayNotHoldTwoDots) {
  Touch("in/1.png");
  const std::string dotted = Full("in/../in");
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "'..'", [&] { ListInputs({dotted, Touch("2.png")}); }));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "'..'", [&] { ListInputs({dotted + "/1.png", Touch("2.png")}); }));
  EXPECT_NO_THROW(ListInputs({Touch("in/a..b.png"), Touch("2.png")}));  // only whole parts count
}

TEST_F(Inputs, ThatWouldWriteTheSameOutputAreBothNamed) {
  Touch("in/good/1.png");
  Touch("in/good/1.jpg");
  const Error error = ErrorOf([&] { ListInputs({Full("in")}); });
  EXPECT_EQ(error.code, ErrorCode::kUsage);
  EXPECT_TRUE(Says(error.message, "'good/1.jpg'"));
  EXPECT_TRUE(Says(error.message, "'good/1.png'"));
  const std::string file = Touch("in2/1.png");
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "same output", [&] { ListInputs({file, file}); }));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "same output", [&] { ListInputs({Full("in2"), Full("in2/")}); }));
}

TEST_F(Inputs, ThatAreNotThereAreNamed) {
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "nowhere", [&] { ListInputs({Full("nowhere")}); }));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "gone", [&] { ListInputs({Touch("1.png"), Full("gone.png")}); }));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "", [&] { ListInputs({""}); }));
  fs::create_directories(folder_.path() / "empty");
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "no image", [&] { ListInputs({Full("empty")}); }));
}

TEST_F(Inputs, FromAStreamAreNamedLikeOneOfSeveral) {
  const InputItem item = ItemFromPath(Touch("good/1.png"));
  EXPECT_EQ(item.path, Named("good/1.png"));
  EXPECT_EQ(item.label, "good");
  EXPECT_EQ(item.file, Full("good/1.png"));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "'..'", [&] { ItemFromPath(Full("good/../good/1.png")); }));
  EXPECT_EQ(ItemFromPath(Full("good/2.png")).path, Named("good/2.png"));  // before it is there, too
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "no such", [&] { CheckExists(Full("good/2.png")); }));
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "names no file", [&] { ItemFromPath("/"); }));
}

TEST(OutputStem, TakesOffTheLastExtensionAlone) {
  EXPECT_EQ(OutputStem("good/1.png"), "good/1");
  EXPECT_EQ(OutputStem("a.b/photo.v2.jpeg"), "a.b/photo.v2");
  EXPECT_EQ(OutputStem("a.b/photo"), "a.b/photo");
}

}  // namespace
}  // namespace touchstone
