#include "app/name_groups.h"

#include <gtest/gtest.h>

namespace touchstone {
namespace {

using Names = std::vector<std::string>;

Names Numbered(const Names& beginnings, int count) {
  Names paths;
  for (const std::string& beginning : beginnings) {
    for (int i = 0; i < count; ++i) paths.push_back(beginning + std::to_string(1000 + i) + ".png");
  }
  return paths;
}

TEST(NameGroups, AreWhatNamesBeginWith) {
  EXPECT_EQ(NameGroups(Numbered({"02_", "01_"}, 5)), (Names{"01_", "02_"}));
  EXPECT_EQ(NameGroups(Numbered({"batch1/", "batch2/", "late/x-"}, 9)),
            (Names{"batch1/", "batch2/", "late/x-"}));
}

TEST(NameGroups, AreNoneWhereNamesTellNothing) {
  EXPECT_EQ(NameGroups({}), Names{});
  EXPECT_EQ(NameGroups(Numbered({""}, 60)), Names{});                 // 1000.png, 1001.png, ...
  EXPECT_EQ(NameGroups(Numbered({"a", "b"}, 4)), Names{});            // pairs and the like
  EXPECT_EQ(NameGroups({"ann.png", "bob.png", "cid.png"}), Names{});  // each a group of its own
}

TEST(NameGroupsText, NamesTheFirst) {
  EXPECT_EQ(NameGroupsText({}), "");
  EXPECT_EQ(NameGroupsText({"a_", "b_", "c_", "d_"}), " in 4 groups by name (a_, b_, c_, ...)");
  EXPECT_EQ(NameGroupsText({"", "a_"}), " in 2 groups by name (numbers alone, a_)");  // 1.png, a_1.png
}

}  // namespace
}  // namespace touchstone
