#include <utility>

#include "fixtures.h"
#include "touchstone/backbone/extractor.h"

namespace touchstone {
namespace {

// What the extractor gives of everything, with what is not wanted taken away.
ImageFeatures Without(ImageFeatures all, WantedOutputs wanted) {
  if (!wanted.global) all.global.clear();
  for (std::size_t l = 0; l < all.pyramid.size(); ++l) {
    const bool is_wanted = wanted.deepest_level == 0 || static_cast<int>(l) < wanted.deepest_level;
    if (!is_wanted) all.pyramid[l].values.clear();
  }
  return all;
}

TEST(WantedOutputs, AreTheSameBytesWithAndWithoutTheOthers) {
  const Size size{96, 64};
  for (const auto& file : {EmbeddedModel(), TinyExtractor("good"), TinyExtractor("plain_torch_save")}) {
    const ImageFeatures all = Extractor::Load(file).Extract(PatternImage(size), size);
    for (int deepest = 0; deepest <= static_cast<int>(all.pyramid.size()); ++deepest) {
      for (const bool global : {false, true}) {
        const WantedOutputs wanted{deepest, global};
        const ImageFeatures some = Extractor::Load(file, wanted).Extract(PatternImage(size), size);
        EXPECT_TRUE(SameBytes(some, Without(all, wanted))) << file << deepest << global;
      }
    }
  }
}

// The network computes the global feature by an operation that fails for every image.
TEST(WantedOutputs, LeaveWhatOnlyAnUnwantedGlobalFeatureNeedsUncomputed) {
  EXPECT_EQ(ErrorOf([&] { Extractor::Load(TinyExtractor("raises"), {2, true}); }).code, ErrorCode::kModel);
  const Extractor raises = Extractor::Load(TinyExtractor("raises"), {2, false});
  EXPECT_NO_THROW(raises.Extract(PatternImage({8, 8}), {8, 8}));
}

// Level 2 of this network is NaN for every image.
TEST(WantedOutputs, LeaveADeeperLevelUncomputed) {
  EXPECT_THROW(Extractor::Load(TinyExtractor("always_nan"), {2, true}), Error);
  EXPECT_NO_THROW(Extractor::Load(TinyExtractor("always_nan"), {1, true}));
}

TEST(WantedOutputs, AreCheckedLikeAllOutputs) {
  EXPECT_EQ(ErrorOf([&] {
              Extractor::Load(TinyExtractor("more_channels"), {1, false});
            }).code,
            ErrorCode::kModel);
  EXPECT_EQ(ErrorOf([&] {
              Extractor::Load(TinyExtractor("one_level"), {2, false});
            }).code,
            ErrorCode::kModel);
  EXPECT_EQ(ErrorOf([&] {
              Extractor::Load(TinyExtractor("one_tensor"), {1, false});
            }).code,
            ErrorCode::kModel);
}

// Of a network whose program is not cut (it returns one list or another), the same outputs are given.
TEST(WantedOutputs, AreGivenByAProgramOfAnotherShapeToo) {
  const Size size{16, 8};
  const ImageFeatures all = Extractor::Load(TinyExtractor("two_lists")).Extract(PatternImage(size), size);
  const WantedOutputs wanted{1, false};
  const ImageFeatures some =
      Extractor::Load(TinyExtractor("two_lists"), wanted).Extract(PatternImage(size), size);
  EXPECT_TRUE(SameBytes(some, Without(all, wanted)));
}

}  // namespace
}  // namespace touchstone
