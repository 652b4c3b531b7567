// The same input gives the same bytes, from the first call on, however many threads ask at once.
#include <future>
#include <thread>

#include "fixtures.h"

namespace touchstone {
namespace {

constexpr Size kSize{96, 64};

/// Runs `call` on `count` threads that start together and returns their results.
std::vector<ImageFeatures> OnThreads(int count, const std::function<ImageFeatures()>& call) {
  std::promise<void> start;
  const std::shared_future<void> started = start.get_future().share();
  std::vector<std::future<ImageFeatures>> running;
  for (int i = 0; i < count; ++i) {
    running.push_back(std::async(std::launch::async, [&call, started] {
      started.wait();
      return call();
    }));
  }
  start.set_value();
  std::vector<ImageFeatures> results;
  for (std::future<ImageFeatures>& result : running) results.push_back(result.get());
  return results;
}

TEST(Concurrency, EveryCallGivesTheBytesOfTheFirst) {
  const Extractor extractor = Extractor::Load(EmbeddedModel());
  const std::vector<float> image = PatternImage(kSize);
  const ImageFeatures first = extractor.Extract(image, kSize);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(SameBytes(extractor.Extract(image, kSize), first)) << i;
  for (int round = 0; round < 5; ++round) {
    for (const ImageFeatures& features : OnThreads(4, [&] { return extractor.Extract(image, kSize); })) {
      EXPECT_TRUE(SameBytes(features, first));
    }
  }
}

TEST(Concurrency, FirstCallsThatCollideGiveTheSameBytes) {
  const std::vector<float> image = PatternImage(kSize);
  const ImageFeatures expected = Extractor::Load(EmbeddedModel()).Extract(image, kSize);
  const Extractor fresh = Extractor::Load(EmbeddedModel());
  for (const ImageFeatures& features : OnThreads(4, [&] { return fresh.Extract(image, kSize); })) {
    EXPECT_TRUE(SameBytes(features, expected));
  }
}

TEST(Concurrency, CallsWithOtherSizesAndImagesDoNotDisturb) {
  const Extractor extractor = Extractor::Load(EmbeddedModel());
  const std::vector<float> image = PatternImage(kSize);
  const ImageFeatures first = extractor.Extract(image, kSize);
  const Size other{64, 64};
  for (const ImageFeatures& features : OnThreads(3, [&] {
         extractor.Extract(std::vector<float>(std::size_t{3} * 64 * 64, 0.5F), other);
         return extractor.Extract(image, kSize);
       })) {
    EXPECT_TRUE(SameBytes(features, first));
  }
}

TEST(Concurrency, LoadingWhileAnotherThreadExtractsIsHarmless) {
  const Extractor extractor = Extractor::Load(EmbeddedModel());
  const std::vector<float> image = PatternImage(kSize);
  const ImageFeatures first = extractor.Extract(image, kSize);
  for (const ImageFeatures& features :
       OnThreads(3, [&] { return Extractor::Load(EmbeddedModel()).Extract(image, kSize); })) {
    EXPECT_TRUE(SameBytes(features, first));
  }
}

}  // namespace
}  // namespace touchstone
