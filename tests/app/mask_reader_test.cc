#include "app/mask_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "core/support.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

Mask MaskOf(Size size, std::vector<std::uint8_t> values) { return {size, std::move(values)}; }

TEST(PackedMask, GivesTheMaskBackAsZerosAndOnes) {
  EXPECT_EQ(Unpack(Pack(MaskOf({3, 2}, {0, 9, 255, 0, 0, 1}))).values,
            (std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1}));
  EXPECT_EQ(Unpack(Pack(MaskOf({2, 1}, {7, 0}))).values, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(Unpack(Pack(MaskOf({2, 2}, {0, 0, 0, 0}))).values, std::vector<std::uint8_t>(4, 0));
  EXPECT_EQ(Unpack(Pack(MaskOf({0, 0}, {}))).size, (Size{0, 0}));
}

TEST(PackedMask, TakesOneNumberForEachRun) {
  EXPECT_EQ(Pack(MaskOf({6, 1}, {0, 0, 1, 1, 1, 0})).runs, (std::vector<std::uint32_t>{2, 3, 1}));
  EXPECT_EQ(Pack(MaskOf({3, 1}, {1, 1, 0})).runs, (std::vector<std::uint32_t>{0, 2, 1}));
}

TEST(MaskReader, ReadsTheSameAgainAndFromManyThreads) {
  const TemporaryFolder folder;
  std::mt19937 random(5);
  Image image{{40, 30}, 8, {}, {}, false};
  for (int p = 0; p < 40 * 30; ++p) image.rgb8.insert(image.rgb8.end(), 3, random() % 3 == 0 ? 200 : 0);
  const auto file = folder.path() / "mask.png";
  WriteFileAtomically(file, EncodePng(image, 1));
  const std::vector<std::uint8_t> expected = ReadMask(file).values;
  MaskReader reader;
  WithThreads(
      4, [&] { ParallelFor(20, [&](std::size_t) { EXPECT_EQ(reader.Read({file}).values, expected); }); });
  std::filesystem::remove(file);  // what was read is not read again
  EXPECT_EQ(reader.Read({file}).values, expected);
}

}  // namespace
}  // namespace touchstone
