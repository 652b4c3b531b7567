#include "methods/image_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr std::size_t kImageBytes = 400;

struct Made {
  std::vector<float> values;
  std::size_t num_bytes() const { return values.size() * sizeof(float); }
};

Made MakeImage(std::size_t image) { return {std::vector<float>(100, static_cast<float>(image))}; }

using Cache = ImageCache<Made>;

class CountingCache {
 public:
  explicit CountingCache(std::size_t max_bytes)
      : cache_(max_bytes, [this](std::size_t image) {
          ++num_made_;
          return MakeImage(image);
        }) {}
  // The number of images made so far, after asking for this one.
  int MadeAfter(std::size_t image) {
    EXPECT_EQ(cache_.Get(image)->values[0], static_cast<float>(image));
    return num_made_;
  }

 private:
  std::atomic<int> num_made_{0};
  Cache cache_;
};

TEST(ImageCache, MakesAnImageOnce) {
  CountingCache cache(10 * kImageBytes);
  EXPECT_EQ(cache.MadeAfter(3), 1);
  EXPECT_EQ(cache.MadeAfter(3), 1);
  EXPECT_EQ(cache.MadeAfter(4), 2);
  EXPECT_EQ(cache.MadeAfter(3), 2);
}

TEST(ImageCache, LetsGoOfTheLeastRecentlyUsed) {
  CountingCache cache(2 * kImageBytes);
  cache.MadeAfter(0);
  cache.MadeAfter(1);
  EXPECT_EQ(cache.MadeAfter(0), 2);  // now 1 is the oldest
  EXPECT_EQ(cache.MadeAfter(2), 3);  // 1 goes
  EXPECT_EQ(cache.MadeAfter(0), 3);
  EXPECT_EQ(cache.MadeAfter(2), 3);
  EXPECT_EQ(cache.MadeAfter(1), 4);
}

TEST(ImageCache, ServesImagesLargerThanItself) {
  CountingCache cache(kImageBytes - 1);
  EXPECT_EQ(cache.MadeAfter(0), 1);
  EXPECT_EQ(cache.MadeAfter(0), 2);
}

TEST(ImageCache, KeepsAnImageAliveThatIsInUse) {
  Cache cache(kImageBytes, MakeImage);
  const auto in_use = cache.Get(0);
  cache.Get(1);  // pushes 0 out
  EXPECT_EQ(in_use->values[99], 0.0F);
}

TEST(ImageCache, KeepsNothingOfAnImageThatFailed) {
  int calls = 0;
  Cache cache(kImageBytes, [&](std::size_t image) {
    if (++calls == 1) throw std::runtime_error("disk");
    return MakeImage(image);
  });
  EXPECT_THROW(cache.Get(0), std::runtime_error);
  EXPECT_EQ(cache.Get(0)->values.size(), 100U);
}

TEST(ImageCache, GivesTheRightImageToManyThreads) {
  Cache cache(3 * kImageBytes, MakeImage);
  std::atomic<int> wrong{0};
  WithThreads(7, [&] {
    ParallelFor(2000, [&](std::size_t i) {
      const std::size_t image = i * 7919 % 11;
      if (cache.Get(image)->values[5] != static_cast<float>(image)) ++wrong;
    });
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace touchstone
