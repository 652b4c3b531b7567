#pragma once

#include <random>
#include <vector>

#include "touchstone/methods/spade.h"

namespace touchstone {

/// A gallery in memory.
class FakeGallery : public GalleryFeatures {
 public:
  explicit FakeGallery(std::vector<ImageFeatures> images) : images_(std::move(images)) {
    for (const ImageFeatures& image : images_) {
      globals_.insert(globals_.end(), image.global.begin(), image.global.end());
    }
    if (images_.empty()) return;
    for (const FeatureMap& level : images_[0].pyramid) shapes_.push_back(level.shape);
  }
  std::size_t num_images() const override { return images_.size(); }
  RowsView globals() const override {
    return {globals_.data(), images_.size(), images_.empty() ? 0 : images_[0].global.size()};
  }
  const std::vector<FeatureShape>& level_shapes() const override { return shapes_; }
  std::vector<FeatureMap> ReadPyramid(std::size_t image, const std::vector<int>& levels) const override {
    std::vector<FeatureMap> pyramid;
    for (const int level : levels) pyramid.push_back(images_.at(image).pyramid.at(level - 1));
    return pyramid;
  }
  const std::vector<ImageFeatures>& images() const { return images_; }

 private:
  std::vector<ImageFeatures> images_;
  std::vector<float> globals_;
  std::vector<FeatureShape> shapes_;
};

/// Features of one image, uniform in [0, 1).
inline ImageFeatures RandomFeatures(std::mt19937* generator, const std::vector<FeatureShape>& shapes,
                                    std::size_t global_size) {
  const auto draw = [&] { return static_cast<float>((*generator)() >> 8U) / 16777216.0F; };
  ImageFeatures features;
  for (std::size_t i = 0; i < global_size; ++i) features.global.push_back(draw());
  for (const FeatureShape& shape : shapes) {
    FeatureMap level{shape, std::vector<float>(shape.num_values())};
    for (float& value : level.values) value = draw();
    features.pyramid.push_back(std::move(level));
  }
  return features;
}

}  // namespace touchstone
