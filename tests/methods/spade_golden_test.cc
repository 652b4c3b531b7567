// Both stages' means against scipy's cdist (scripts/golden/primitives.py).
#include <gtest/gtest.h>

#include "methods/fake_gallery.h"
#include "methods/golden_primitives.h"

namespace touchstone {
namespace {

// Images of one location each, so that the rows of the gallery are images for stage 1 and patches for
// stage 2.
FakeGallery GalleryOfRows(const std::vector<float>& rows, int channels) {
  std::vector<ImageFeatures> images;
  for (auto row = rows.begin(); row != rows.end(); row += channels) {
    const std::vector<float> values(row, row + channels);
    images.push_back({values, {{{1, 1, channels}, values}}});
  }
  return FakeGallery(images);
}

TEST(SpadeScorer, AveragesTheNearestAsScipyFindsThem) {
  const auto cases = GoldenPrimitives("nearest");
  ASSERT_FALSE(cases.empty());
  for (const auto& golden : cases) {
    const int channels = golden.at("channels");
    const auto query = golden.at("query").get<std::vector<float>>();
    const FakeGallery gallery = GalleryOfRows(golden.at("gallery").get<std::vector<float>>(), channels);
    for (const auto& [name, distance] : DistanceNames()) {
      const auto expected = golden.at(distance == Distance::kL2 ? "mean_root" : "mean_squared");
      ScoringOptions all_images, nearest_images;
      all_images.distance = nearest_images.distance = distance;
      all_images.num_retrieved = static_cast<int>(gallery.num_images());
      all_images.num_neighbors = nearest_images.num_retrieved = golden.at("num_neighbors");
      const SpadeScorer patches(gallery, all_images), images(gallery, nearest_images);
      for (std::size_t q = 0; q < expected.size(); ++q) {
        const auto row = query.begin() + static_cast<std::ptrdiff_t>(q) * channels;
        const std::vector<float> values(row, row + channels);
        const ImageFeatures features{values, {{{1, 1, channels}, values}}};
        const double mean = expected[q];
        EXPECT_NEAR(patches.Score(features, 0).grids[0].values[0], mean, 1e-5 * (mean + 1)) << name;
        EXPECT_NEAR(*images.Score(features, 0).retrieval_score, mean, 1e-5 * (mean + 1)) << name;
      }
    }
  }
}

}  // namespace
}  // namespace touchstone
