#include "app/map_scale.h"

#include "app/run.h"
#include "core/support.h"
#include "store/example_manifest.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

// A gallery of two images that are alike. The calibration of ExampleManifest has the pixel threshold 2.5.
class HeatmapColours : public testing::Test {
 protected:
  Gallery Write(const std::optional<Calibration>& calibration) const {
    GalleryManifest manifest = ExampleManifest(0);
    manifest.calibration = calibration;
    ImageFeatures features{std::vector<float>(manifest.extractor.global_size, 1), {}};
    for (const FeatureShape& shape : manifest.extractor.level_shapes) {
      features.pyramid.push_back({shape, std::vector<float>(shape.num_values(), 1)});
    }
    GalleryWriter writer(folder_.path() / "gallery", manifest);
    writer.StoreExtractor({1, 2, 3});
    for (const GalleryImage& image : ExampleManifest(2).images) writer.Add(image, features, {});
    writer.FinishSegments();
    return writer.OpenUnfinished();
  }
  TemporaryFolder folder_;
  RecordingSink sink_;
};

TEST_F(HeatmapColours, HangOnThePixelThreshold) {
  const Gallery gallery = Write(ExampleManifest(0).calibration);
  const HeatmapOptions heatmap = HeatmapOptionsFor(gallery, gallery.manifest().options, sink_);
  EXPECT_EQ(heatmap.threshold, 2.5);
  EXPECT_EQ(heatmap.low, 1.875);
  EXPECT_EQ(heatmap.high, 5);
  EXPECT_EQ(heatmap.white_level, 4095);
}

TEST_F(HeatmapColours, AreTheSameWhateverDecidesAboutTheImage) {
  const Gallery gallery = Write(ExampleManifest(0).calibration);
  ScoringOptions options = gallery.manifest().options;
  options.image_score = ImageScore::kRetrieval;
  EXPECT_EQ(HeatmapOptionsFor(gallery, options, sink_).threshold, 2.5);
}

TEST_F(HeatmapColours, AreTheGallerysOwnWithoutAThreshold) {
  const Gallery gallery = Write(std::nullopt);
  const HeatmapOptions heatmap = HeatmapOptionsFor(gallery, gallery.manifest().options, sink_);
  EXPECT_FALSE(heatmap.threshold.has_value());
  EXPECT_EQ(heatmap.low, 0.5);
  EXPECT_EQ(heatmap.high, 2.25);
}

TEST_F(HeatmapColours, AreMeasuredAnewForMapsThatTheThresholdIsNotOf) {
  const Gallery gallery = Write(ExampleManifest(0).calibration);
  ScoringOptions options = gallery.manifest().options;
  options.sigma = 1;
  const HeatmapOptions heatmap = HeatmapOptionsFor(gallery, options, sink_);
  EXPECT_FALSE(heatmap.threshold.has_value());
  EXPECT_EQ(heatmap.low, 0);  // two images that are alike
  EXPECT_LT(heatmap.low, heatmap.high);
  EXPECT_EQ(sink_.tasks.size(), 1U);
}

}  // namespace
}  // namespace touchstone
