#include "app/output_folder.h"

#include <limits>

#include "core/support.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = "results.json";
constexpr const char* kOurs = "{\n \"schema\": \"touchstone.results/1\",";

testing::AssertionResult IsRefused(const fs::path& folder, bool force, const std::string& part) {
  return Refuses(ErrorCode::kUsage, part, [&] { CheckOutputFolder(folder, kMarker, force); });
}

TEST(CheckOutputFolder, AcceptsWhatIsNotThereOrEmpty) {
  TemporaryFolder folder;
  EXPECT_NO_THROW(CheckOutputFolder(folder.path() / "new/deep", kMarker, false));
  EXPECT_NO_THROW(CheckOutputFolder(folder.path(), kMarker, false));
  EXPECT_TRUE(FilesBelow(folder.path()).empty());
}

TEST(CheckOutputFolder, ReplacesOurOwnOnlyWhenForced) {
  TemporaryFolder folder;
  WriteText(folder.path() / kMarker, "{\n \"schema\": \"touchstone.results/1\",");
  EXPECT_TRUE(IsRefused(folder.path(), false, "--force"));
  EXPECT_NO_THROW(CheckOutputFolder(folder.path(), kMarker, true));
}

TEST(CheckOutputFolder, NeverTakesAFolderThatIsNotOurs) {
  TemporaryFolder folder;
  WriteText(folder.path() / "thesis.tex", "irreplaceable");
  fs::create_directories(folder.path() / "other" / kMarker);  // a folder of that name is no marker
  WriteText(folder.path() / "webapp" / kMarker, "{\"name\": \"my app\"}");
  WriteText(folder.path() / "webapp/index.html", "irreplaceable");
  for (const bool force : {false, true}) {
    EXPECT_TRUE(IsRefused(folder.path(), force, "not even with --force"));
    EXPECT_TRUE(IsRefused(folder.path() / "other", force, "not ours"));
    EXPECT_TRUE(IsRefused(folder.path() / "webapp", force, "not ours"));
    EXPECT_TRUE(IsRefused(folder.path() / "thesis.tex", force, "not a folder"));
  }
}

TEST(CheckOutputFolder, RefusesALinkToNowhere) {
  TemporaryFolder folder;
  fs::create_symlink("nowhere", folder.path() / "link");
  EXPECT_TRUE(IsRefused(folder.path() / "link", true, "not a folder"));
}

TEST(CheckHoldsNone, RefusesToDeleteWhatIsRead) {
  TemporaryFolder folder;
  WriteText(folder.path() / "results/photos/1.png", "x");
  WriteText(folder.path() / "results2/1.png", "x");
  fs::create_directory_symlink(folder.path() / "results/photos", folder.path() / "link");
  const fs::path output = folder.path() / "results";
  for (const char* source :
       {"results", "results/photos", "results/photos/1.png", "results2/../results", "link"}) {
    EXPECT_TRUE(Refuses(ErrorCode::kUsage, "would be lost", [&] {
      CheckHoldsNone(output, {folder.path() / "results2", folder.path() / source});
    })) << source;
  }
  EXPECT_NO_THROW(CheckHoldsNone(output, {folder.path() / "results2", folder.path(), "-", "missing"}));
  EXPECT_NO_THROW(CheckHoldsNone(folder.path() / "new", {folder.path() / "results"}));
}

TEST(CheckInNone, RefusesToWriteWhereImagesAreLookedFor) {
  TemporaryFolder folder;
  WriteText(folder.path() / "images/good/1.png", "x");
  for (const char* output : {"images", "images/out", "images/good/new/deep", "images/../images/x"}) {
    EXPECT_TRUE(Refuses(ErrorCode::kUsage, "taken for images", [&] {
      CheckInNone(folder.path() / output, {folder.path() / "images"});
    })) << output;
  }
  EXPECT_NO_THROW(CheckInNone(folder.path() / "images2", {folder.path() / "images", "-"}));
  EXPECT_NO_THROW(CheckInNone(folder.path() / "images/out", {folder.path() / "images/good"}));
}

TEST(CheckFreeSpace, NamesBothFigures) {
  TemporaryFolder folder;
  EXPECT_NO_THROW(CheckFreeSpace(folder.path() / "not/there/yet", 1));
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "MiB are free", [&] {
    CheckFreeSpace(folder.path() / "not/there/yet", std::numeric_limits<std::uint64_t>::max());
  }));
}

TEST(StagingFolder, LeavesNothingBehindUnlessCommitted) {
  TemporaryFolder folder;
  {
    StagingFolder staging(folder.path() / "gallery");
    WriteText(staging.path() / "segments/1", "half");
    EXPECT_EQ(staging.path().filename().string().front(), '.');
    EXPECT_EQ(staging.path().parent_path(), folder.path());  // one file system: the rename is one step
  }
  EXPECT_TRUE(FilesBelow(folder.path()).empty());
}

TEST(StagingFolder, PutsItsContentInPlace) {
  TemporaryFolder folder;
  StagingFolder staging(folder.path() / "a/gallery/");
  WriteText(staging.path() / "file", "new");
  staging.Commit(kMarker, true);
  EXPECT_EQ(FilesBelow(folder.path()), (std::set<std::string>{"a", "a/gallery", "a/gallery/file"}));
}

TEST(StagingFolder, ReplacesTheOldFolderAsAWhole) {
  TemporaryFolder folder;
  WriteText(folder.path() / "gallery/old", "old");
  WriteText(folder.path() / "gallery" / kMarker, kOurs);
  {
    StagingFolder staging(folder.path() / "gallery");
    WriteText(staging.path() / "new", "new");
    EXPECT_EQ(ReadText(folder.path() / "gallery/old"), "old");  // until the end
    staging.Commit(kMarker, true);
  }
  EXPECT_EQ(FilesBelow(folder.path()), (std::set<std::string>{"gallery", "gallery/new"}));
}

TEST(StagingFolder, PutsTheOldFolderBackWhereTheNewOneCannotBePlaced) {
  TemporaryFolder folder;
  WriteText(folder.path() / "gallery" / kMarker, kOurs);
  StagingFolder staging(folder.path() / "gallery");
  fs::remove_all(staging.path());  // now there is nothing to rename
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "cannot be put in place", [&] { staging.Commit(kMarker, true); }));
  EXPECT_EQ(FilesBelow(folder.path()), (std::set<std::string>{"gallery", "gallery/" + std::string(kMarker)}));
}

TEST(StagingFolder, LeavesWhatSomebodyElsePutInItsPlace) {
  for (const bool force : {false, true}) {
    TemporaryFolder folder;
    {
      StagingFolder staging(folder.path() / "gallery");
      WriteText(staging.path() / "new", "new");
      WriteText(folder.path() / "gallery/theirs", "precious");
      EXPECT_TRUE(Refuses(ErrorCode::kIo, "not ours to replace", [&] { staging.Commit(kMarker, force); }));
    }
    const std::string kept = "gallery.new-" + std::to_string(getpid());
    EXPECT_EQ(FilesBelow(folder.path()),
              (std::set<std::string>{"gallery", "gallery/theirs", kept, kept + "/new"}))
        << force;
  }
}

TEST(StagingFolder, LeavesAnotherRunsFolderWithoutForce) {
  TemporaryFolder folder;
  StagingFolder staging(folder.path() / "gallery");
  fs::create_directory(folder.path() / "gallery");
  WriteText(folder.path() / "gallery" / kMarker, kOurs);
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "exists already", [&] { staging.Commit(kMarker, false); }));
  EXPECT_EQ(ReadText(folder.path() / "gallery" / kMarker), kOurs);
}

TEST(StagingFolder, TakesThePlaceOfAnEmptyFolder) {
  TemporaryFolder folder;
  StagingFolder staging(folder.path() / "gallery");
  WriteText(staging.path() / "new", "new");
  fs::create_directory(folder.path() / "gallery");
  staging.Commit(kMarker, false);
  EXPECT_EQ(FilesBelow(folder.path()), (std::set<std::string>{"gallery", "gallery/new"}));
}

TEST(StagingFolder, StartsEmptyAfterAKilledRunOfTheSameProcessNumber) {
  TemporaryFolder folder;
  fs::path stale;
  {
    const StagingFolder staging(folder.path() / "gallery");
    stale = staging.path();
  }
  WriteText(stale / "segments/000007.safetensors", "left over");
  const StagingFolder staging(folder.path() / "gallery");
  EXPECT_EQ(staging.path(), stale);
  EXPECT_TRUE(FilesBelow(stale).empty());
}

TEST(StagingFolder, SaysWhyItCannotBeMade) {
  TemporaryFolder folder;
  WriteText(folder.path() / "file", "x");
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "cannot be created",
                      [&] { const StagingFolder staging(folder.path() / "file/gallery"); }));
  EXPECT_EQ(FilesBelow(folder.path()), std::set<std::string>{"file"});
}

TEST(MakeEmptyFolder, RemovesTheContentAndKeepsTheFolder) {
  TemporaryFolder folder;
  WriteText(folder.path() / "results/maps/a/1.tiff", "x");
  WriteText(folder.path() / "results/.hidden", "x");
  WriteText(folder.path() / "kept", "x");
  fs::create_directory_symlink(folder.path(), folder.path() / "results/link");  // removed, not followed
  MakeEmptyFolder(folder.path() / "results", kMarker);
  EXPECT_EQ(FilesBelow(folder.path()), (std::set<std::string>{"kept", "results"}));
  MakeEmptyFolder(folder.path() / "new/deep", kMarker);
  EXPECT_TRUE(fs::is_directory(folder.path() / "new/deep"));
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "cannot be created",
                      [&] { MakeEmptyFolder(folder.path() / "kept/x", kMarker); }));
}

}  // namespace
}  // namespace touchstone
