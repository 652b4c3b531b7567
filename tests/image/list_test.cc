#include "touchstone/image/list.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "fixtures.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

Names NamesOf(const Listing& listing) {
  Names names;
  for (const ListedImage& image : listing.images) names.push_back(image.relative);
  return names;
}

TEST(ListImages, GoesByByteOrderOfTheRelativePath) {
  const TemporaryFolder folder;
  for (const char* name :
       {"b.png", "a/z.png", "a-b.png", "a.png", "B.png", "a/b/c.png", "\xC3\xA4.png", "10.png"}) {
    folder.Write(name);
  }
  EXPECT_EQ(NamesOf(ListImages(folder.path())),
            (Names{"10.png", "B.png", "a-b.png", "a.png", "a/b/c.png", "a/z.png", "b.png", "\xC3\xA4.png"}));
}

TEST(ListImages, NamesFilesSoThatTheyCanBeOpened) {
  const TemporaryFolder folder;
  const fs::path file = folder.Write("good/000.png");
  const Listing listing = ListImages(folder.path());
  ASSERT_EQ(listing.images.size(), 1U);
  EXPECT_EQ(listing.images[0].file, file);
}

TEST(ListImages, TakesEveryImageExtensionInAnyCaseAndCountsTheRest) {
  const TemporaryFolder folder;
  const Names images{"a.png",  "b.JPG",  "c.jpeg", "d.Bmp", "e.tif",
                     "f.tiff", "g.webp", "h.pgm",  "i.ppm", "j.pnm"};
  for (const std::string& name : images) folder.Write(name);
  for (const char* name : {"k.txt", "l.gif", "png", "m.png.bak", "n/license"}) folder.Write(name);
  const Listing listing = ListImages(folder.path());
  EXPECT_EQ(NamesOf(listing), images);
  EXPECT_EQ(listing.num_other_files, 5U);
  EXPECT_EQ(listing.num_left_out, 0U);
}

TEST(ListImages, SkipsHiddenFilesAndFolders) {
  const TemporaryFolder folder;
  for (const char* name : {"a.png", ".b.png", ".git/c.png", "d/.e/f.png", ".DS_Store"}) folder.Write(name);
  const Listing listing = ListImages(folder.path());
  EXPECT_EQ(NamesOf(listing), Names{"a.png"});
  EXPECT_EQ(listing.num_other_files, 0U);
}

TEST(ListImages, StartsInAHiddenFolderWhereThatIsTheInput) {
  const TemporaryFolder folder;
  folder.Write(".cache/a.png");
  EXPECT_EQ(NamesOf(ListImages(folder.path() / ".cache")), Names{"a.png"});
}

TEST(ListImages, FollowsLinksAndNamesFilesAsReached) {
  const TemporaryFolder elsewhere;
  elsewhere.Write("deep/a.png");
  const TemporaryFolder folder;
  fs::create_directory_symlink(elsewhere.path(), folder.path() / "linked");
  fs::create_symlink(elsewhere.path() / "deep/a.png", folder.path() / "b.png");
  EXPECT_EQ(NamesOf(ListImages(folder.path())), (Names{"b.png", "linked/deep/a.png"}));
}

TEST(ListImages, CutsLoops) {
  const TemporaryFolder folder;
  folder.Write("a/b/c.png");
  fs::create_directory_symlink(folder.path(), folder.path() / "a/b/up");
  fs::create_directory_symlink(".", folder.path() / "a/self");
  EXPECT_EQ(NamesOf(ListImages(folder.path())), Names{"a/b/c.png"});
}

TEST(ListImages, ListsABrokenLinkWithTheNameOfAnImage) {
  const TemporaryFolder folder;
  fs::create_symlink("nowhere.png", folder.path() / "a.png");
  EXPECT_EQ(NamesOf(ListImages(folder.path())), Names{"a.png"});
}

TEST(ListImages, FiltersByGlobsOnTheRelativePath) {
  const TemporaryFolder folder;
  for (const char* name : {"good/1.png", "good/2.jpg", "bad/1.png", "bad/deep/3.png", "good/notes.txt"}) {
    folder.Write(name);
  }
  const auto listed = [&](const ListFilter& filter) { return NamesOf(ListImages(folder.path(), filter)); };
  EXPECT_EQ(listed({{"good/*"}, {}}), (Names{"good/1.png", "good/2.jpg"}));
  EXPECT_EQ(listed({{"*.png"}, {}}), (Names{"bad/1.png", "bad/deep/3.png", "good/1.png"}));
  EXPECT_EQ(listed({{"*.png"}, {"*/deep/*"}}), (Names{"bad/1.png", "good/1.png"}));
  EXPECT_EQ(listed({{"good/?.jpg", "bad/[0-9].png"}, {}}), (Names{"bad/1.png", "good/2.jpg"}));
  EXPECT_EQ(listed({{}, {"bad*", "*.jpg"}}), Names{"good/1.png"});
  EXPECT_EQ(ListImages(folder.path(), {{"good/*"}, {}}).num_left_out, 2U);
  EXPECT_EQ(ListImages(folder.path(), {{"good/*"}, {}}).num_other_files, 1U);
}

TEST(ListImages, RefusesWhatIsNoFolder) {
  const TemporaryFolder folder;
  EXPECT_ERROR(ListImages(folder.path() / "missing"), ErrorCode::kUsage, "missing: there is no such folder");
  EXPECT_ERROR(ListImages(folder.Write("a.png")), ErrorCode::kUsage, "is not a folder");
}

TEST(ListImages, SaysWhatWasThereInsteadOfImages) {
  const TemporaryFolder folder;
  EXPECT_ERROR(ListImages(folder.path()), ErrorCode::kIo,
               "no image to read (0 other file(s)): images are files");
  folder.Write("a.txt");
  folder.Write("sub/b.gif");
  EXPECT_ERROR(ListImages(folder.path()), ErrorCode::kIo,
               "(2 other file(s)): images are files that end in png jpg");
  folder.Write("c.png");
  EXPECT_ERROR(ListImages(folder.path(), {{"*.jpg"}, {}}), ErrorCode::kIo,
               "2 other file(s), 1 image(s) left out by --include and --exclude");
}

TEST(ListImages, ListsNothingWhereThatIsNoMistake) {
  const TemporaryFolder folder;
  folder.Write("sub/b.gif");
  const Listing listing = ListImages(folder.path(), {}, WhenEmpty::kEmptyListing);
  EXPECT_TRUE(listing.images.empty());
  EXPECT_EQ(listing.num_other_files, 1U);
  EXPECT_ERROR(ListImages(folder.path() / "missing", {}, WhenEmpty::kEmptyListing), ErrorCode::kUsage,
               "there is no such folder");
}

// The system lets root read everything: the test becomes somebody else meanwhile.
class AsNobody {
 public:
  AsNobody() : is_root_(geteuid() == 0) {
    if (is_root_) is_changed_ = seteuid(65534) == 0;
  }
  ~AsNobody() {
    if (is_changed_ && seteuid(0) != 0) std::abort();
  }
  bool can_be_refused() const { return !is_root_ || is_changed_; }

 private:
  bool is_root_;
  bool is_changed_ = false;
};

TEST(ListImages, NamesAFolderBelowThatCannotBeRead) {
  const TemporaryFolder folder;
  folder.Write("a.png");
  folder.Write("locked/b.png");
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(folder.path() / "locked", fs::perms::none);
  {
    const AsNobody nobody;
    if (!nobody.can_be_refused()) GTEST_SKIP() << "root here can be nobody else";
    EXPECT_ERROR(ListImages(folder.path()), ErrorCode::kIo, "locked: this folder cannot be read");
    EXPECT_ERROR(ListImages(folder.path() / "locked"), ErrorCode::kIo, "locked: this folder cannot be read");
    EXPECT_ERROR(ListImages(folder.path() / "locked", {}, WhenEmpty::kEmptyListing), ErrorCode::kIo,
                 "locked: this folder cannot be read");
    EXPECT_ERROR(ListImages(folder.path() / "locked/deep"), ErrorCode::kIo,
                 "deep: this folder cannot be read");
  }
  fs::permissions(folder.path() / "locked", fs::perms::owner_all);
}

TEST(HasImageExtension, LooksAtTheEndOfTheNameOnly) {
  EXPECT_TRUE(HasImageExtension("a/b.c/d.TIFF"));
  EXPECT_FALSE(HasImageExtension("a.png/b"));
  EXPECT_FALSE(HasImageExtension(".png"));
  EXPECT_FALSE(HasImageExtension("png"));
  EXPECT_FALSE(HasImageExtension(""));
}

}  // namespace
}  // namespace touchstone
