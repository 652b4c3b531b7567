#include "report/letters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

Image Paper(Size size) {
  Image paper;
  paper.size = size;
  paper.rgb8.assign(static_cast<std::size_t>(size.width) * size.height * 3, 255);
  return paper;
}

// Where there is ink: first and last column and row.
struct Ink {
  int left = 1000, right = -1, top = 1000, bottom = -1;
};

Ink InkOf(const Image& image) {
  Ink ink;
  for (int i = 0; i < image.size.width * image.size.height; ++i) {
    if (image.rgb8[static_cast<std::size_t>(i) * 3] > 127) continue;
    const int x = i % image.size.width, y = i / image.size.width;
    ink = {std::min(ink.left, x), std::max(ink.right, x), std::min(ink.top, y), std::max(ink.bottom, y)};
  }
  return ink;
}

Image Written(const std::string& text, int height_px, Size size = {300, 60}) {
  Image paper = Paper(size);
  WriteLetters(text, 10, 15, height_px, &paper);
  return paper;
}

TEST(Letters, HaveCapitalsOfTheHeightAskedFor) {
  for (const int height : {8, 14, 30}) {
    const Ink ink = InkOf(Written("HEX", height));
    EXPECT_NEAR(ink.top, 15, 1) << height;
    EXPECT_NEAR(ink.bottom, 15 + height - 1, 1) << height;
    EXPECT_NEAR(ink.right, 10 + LettersWidth("HEX", height), 3) << height;
  }
}

TEST(Letters, KnowMoreThanAscii) {
  const auto ink_of = [](const std::string& text) { return Written(text, 20).rgb8; };
  const std::string missing = "\xf3\xb0\x80\x80";  // of the private use area
  for (const std::string letter : {"\xc3\xbc", "\xc3\x9f", "\xc5\x81", "\xce\xa9", "\xd0\x96"}) {
    EXPECT_NE(ink_of(letter), ink_of(missing)) << letter;
    EXPECT_NE(ink_of(letter), ink_of("?")) << letter;
  }
  EXPECT_NE(ink_of("\xc3\xbc"), ink_of("u"));
}

TEST(Letters, ShowWhatIsNoTextAsReplacement) {
  const std::string replacement = "\xef\xbf\xbd";
  for (const std::string broken : {"\xff", "\xc3", "\xe2\x82", "\x80"}) {
    EXPECT_EQ(Written("a" + broken.substr(0, 1) + "b", 20).rgb8, Written("a" + replacement + "b", 20).rgb8);
    EXPECT_EQ(Characters(broken).size(), broken.size());
  }
  EXPECT_EQ(Characters("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x8e"),
            (std::vector<std::string>{"a", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x94\x8e"}));
}

TEST(Letters, AreCutOffAtTheEdge) {
  for (const int x : {-20, 290}) {
    for (const int y : {-9, 55}) {
      Image paper = Paper({300, 60});
      WriteLetters("WWW", x, y, 20, &paper);
      EXPECT_EQ(paper.rgb8.size(), std::size_t{300} * 60 * 3);
    }
  }
  EXPECT_EQ(LettersWidth("", 10), 0);
}

TEST(Letters, AreTheSameFromEveryThread) {
  const Image expected = Written("The same", 14);
  std::vector<Image> written(50);
  WithThreads(
      4, [&] { ParallelFor(written.size(), [&](std::size_t i) { written[i] = Written("The same", 14); }); });
  for (const Image& image : written) ASSERT_EQ(image.rgb8, expected.rgb8);
}

}  // namespace
}  // namespace touchstone
