#include "touchstone/core/late_library.h"

#include "support.h"

namespace touchstone {
namespace {

TEST(LateLibrary, MissingOneIsNamedWithTheWayOut) {
  const Error error = ErrorOf([] { LateSymbol("libtouchstone_nothing.so", "touchstone_nothing"); });
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.where, "libtouchstone_nothing.so");
  EXPECT_TRUE(Says(error.message, "No such file"));
  EXPECT_TRUE(Says(error.message, "LD_LIBRARY_PATH"));
}

TEST(LateLibrary, ForeignOneIsRefused) {
  EXPECT_TRUE(
      Refuses(ErrorCode::kIo, "touchstone_nothing", [] { LateSymbol("libc.so.6", "touchstone_nothing"); }));
}

TEST(LateLibrary, GivesTheSameSymbolEachTime) {
  const void* exit_function = LateSymbol("libc.so.6", "exit");
  EXPECT_NE(exit_function, nullptr);
  EXPECT_EQ(LateSymbol("libc.so.6", "exit"), exit_function);
}

// The first folder that has it along the run path or $LD_LIBRARY_PATH; nothing is opened on the way.
TEST(LateLibraryFile, IsFoundInTheFoldersOfTheProgramAndNotOpened) {
  const auto file = LateLibraryFile("libtouchstone_nobody_opens.so");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->filename(), "libtouchstone_nobody_opens.so");
  EXPECT_TRUE(std::filesystem::is_regular_file(*file));
}

TEST(LateLibraryFile, IsNothingWhereThereIsNone) {
  EXPECT_FALSE(LateLibraryFile("libtouchstone_nothing.so").has_value());
  EXPECT_FALSE(LateLibraryFile("").has_value());
}

}  // namespace
}  // namespace touchstone
