#include "touchstone/core/text.h"

#include <gtest/gtest.h>

namespace touchstone {
namespace {

TEST(Printable, ReplacesEveryControlCharacterAndNothingElse) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), 'b'};
    const bool is_control = byte < 32 || byte == 127;
    EXPECT_EQ(Printable(text), is_control ? "a?b" : text) << byte;
  }
}

TEST(FirstNames, NamesThreeAndSaysThatThereAreMore) {
  EXPECT_EQ(FirstNames({}), "");
  EXPECT_EQ(FirstNames({"a"}), "a");
  EXPECT_EQ(FirstNames({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(FirstNames({"a", "b", "c", "d"}), "a, b, c, ...");
}

TEST(SizeText, IsWidthByHeight) { EXPECT_EQ(SizeText({640, 480}), "640x480"); }

TEST(CountText, HasTheWordForOneForOneAlone) {
  EXPECT_EQ(CountText(0, "image", "images"), "0 images");
  EXPECT_EQ(CountText(1, "image", "images"), "1 image");
  EXPECT_EQ(CountText(2, "image", "images"), "2 images");
}

}  // namespace
}  // namespace touchstone
