#include <utility>

#include "fixtures.h"
#include "touchstone/backbone/extractor.h"

namespace touchstone {
namespace {

Extractor LoadWith(const std::filesystem::path& file, WantedOutputs wanted) {
  return Extractor::Load(file, wanted);
}

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
        const ImageFeatures some = LoadWith(file, wanted).Extract(PatternImage(size), size);
        EXPECT_TRUE(SameBytes(some, Without(all, wanted))) << file << deepest << global;
      }
    }
  }
}

TEST(WantedOutputs, AreChosenByTheDescription) {
  const Extractor tiny = Extractor::Load(TinyExtractor("good"), WantedOutputs{1, false});
  const ImageFeatures features = tiny.Extract(PatternImage({8, 8}), {8, 8});
  EXPECT_FALSE(features.pyramid[0].values.empty());
  EXPECT_TRUE(features.pyramid[1].values.empty());
}

// The network computes the global feature by an operation that fails for every image.
TEST(WantedOutputs, LeaveWhatOnlyAnUnwantedGlobalFeatureNeedsUncomputed) {
  EXPECT_EQ(ErrorOf([&] { LoadWith(TinyExtractor("raises"), {2, true}); }).code, ErrorCode::kModel);
  const Extractor raises = LoadWith(TinyExtractor("raises"), {2, false});
  EXPECT_NO_THROW(raises.Extract(PatternImage({8, 8}), {8, 8}));
}

// Level 2 of this network is NaN for every image.
TEST(WantedOutputs, LeaveADeeperLevelUncomputed) {
  EXPECT_THROW(LoadWith(TinyExtractor("always_nan"), {2, true}), Error);
  EXPECT_NO_THROW(LoadWith(TinyExtractor("always_nan"), {1, true}));
}

TEST(WantedOutputs, AreCheckedLikeAllOutputs) {
  EXPECT_EQ(ErrorOf([&] { LoadWith(TinyExtractor("more_channels"), {1, false}); }).code, ErrorCode::kModel);
  EXPECT_EQ(ErrorOf([&] { LoadWith(TinyExtractor("one_level"), {2, false}); }).code, ErrorCode::kModel);
  EXPECT_EQ(ErrorOf([&] { LoadWith(TinyExtractor("one_tensor"), {1, false}); }).code, ErrorCode::kModel);
}

// Of a network whose program is not cut (it returns one list or another), the same outputs are given.
TEST(WantedOutputs, AreGivenByAProgramOfAnotherShapeToo) {
  const Size size{16, 8};
  const ImageFeatures all = Extractor::Load(TinyExtractor("two_lists")).Extract(PatternImage(size), size);
  const WantedOutputs wanted{1, false};
  const ImageFeatures some = LoadWith(TinyExtractor("two_lists"), wanted).Extract(PatternImage(size), size);
  EXPECT_TRUE(SameBytes(some, Without(all, wanted)));
}

}  // namespace
}  // namespace touchstone
