#include "touchstone/core/file.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "core/support.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

// While it lives, no file of this process may grow beyond `bytes`: what a full disk feels like.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int) = nullptr;
};

// FIPS 180-4's own examples.
TEST(Sha256, GivesTheStandardsOwnValues) {
  EXPECT_EQ(Sha256("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string long_text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  EXPECT_EQ(Sha256(long_text.data(), long_text.size()),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// Longer than one block of reading, and not a multiple of it.
TEST(Sha256OfFile, EqualsTheDigestOfTheBytes) {
  TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, (std::size_t{1} << 20) + 12345}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
    WriteText(folder.path() / "file", bytes);
    EXPECT_EQ(Sha256OfFile(folder.path() / "file"), Sha256(bytes.data(), bytes.size())) << size;
  }
}

TEST(ReadFile, BringsBackWhatWasWritten) {
  TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  // Of no, one and several blocks of writing.
  for (const std::size_t size : {0, 1, 1000, 1 << 20, 3 * (1 << 20) + 12345}) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 % 251);
    WriteFileAtomically(file, bytes);
    EXPECT_EQ(ReadFile(file), bytes);
  }
  WriteFileAtomically(file, std::string_view("text\0with zero", 14));
  EXPECT_EQ(ReadFile(file).size(), 14U);
}

TEST(ReadFile, RefusesWhatIsLargerThanAllowed) {
  TemporaryFolder folder;
  WriteText(folder.path() / "file", std::string(11, 'x'));
  EXPECT_EQ(ReadFile(folder.path() / "file", 11).size(), 11U);
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "11 bytes", [&] { ReadFile(folder.path() / "file", 10); }));
}

TEST(ReadFile, RefusesWhatIsNoRegularFile) {
  TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "not a regular file", [&] { ReadFile(folder.path()); }));
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "not a regular file", [&] { ReadFile(pipe); }));  // and does not wait
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "missing", [&] { ReadFile(folder.path() / "missing"); }));
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "missing", [&] { Sha256OfFile(folder.path() / "missing"); }));
}

TEST(WriteFileAtomically, ReplacesAFileAndLeavesNothingBeside) {
  TemporaryFolder folder;
  WriteFileAtomically(folder.path() / "file", "a longer old text");
  WriteFileAtomically(folder.path() / "file", "new");
  EXPECT_EQ(ReadText(folder.path() / "file"), "new");
  EXPECT_EQ(FilesBelow(folder.path()), std::set<std::string>{"file"});
}

TEST(WriteFileAtomically, KeepsTheOldFileWhereTheDiskIsFull) {
  TemporaryFolder folder;
  WriteFileAtomically(folder.path() / "file", "old");
  const std::string large(3 << 20, 'x');
  for (const rlim_t most : {1 << 12, (1 << 20) + (1 << 19)}) {
    const FileSizeLimit limit(most);
    EXPECT_TRUE(Refuses(ErrorCode::kIo, "File too large",
                        [&] { WriteFileAtomically(folder.path() / "file", large); }));
    EXPECT_TRUE(
        Refuses(ErrorCode::kIo, "other", [&] { WriteFileAtomically(folder.path() / "other", large); }));
  }
  EXPECT_EQ(ReadText(folder.path() / "file"), "old");
  EXPECT_EQ(FilesBelow(folder.path()), std::set<std::string>{"file"});
}

TEST(WriteFileAtomically, SaysWhyAFolderOfThatNameIsInTheWay) {
  TemporaryFolder folder;
  WriteText(folder.path() / "taken/inside", "x");
  EXPECT_TRUE(
      Refuses(ErrorCode::kIo, "directory", [&] { WriteFileAtomically(folder.path() / "taken", "new"); }));
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "No such file",
                      [&] { WriteFileAtomically(folder.path() / "no/file", "new"); }));
  EXPECT_EQ(FilesBelow(folder.path()), (std::set<std::string>{"taken", "taken/inside"}));
}

}  // namespace
}  // namespace touchstone
