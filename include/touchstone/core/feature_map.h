#pragma once

#include <cstddef>
#include <vector>

namespace touchstone {

/// The shape of one pyramid level.
struct FeatureShape {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::size_t num_locations() const { return static_cast<std::size_t>(height) * width; }
  std::size_t num_values() const { return num_locations() * channels; }
  bool operator==(const FeatureShape& other) const {
    return height == other.height && width == other.width && channels == other.channels;
  }
  bool operator!=(const FeatureShape& other) const { return !(*this == other); }
};

/// The layout law of the whole library: float32, row-major, ONE LOCATION PER ROW, x fastest.
/// Row r = y * width + x holds the `channels` values of location (x, y), channel fastest.
struct FeatureMap {
  FeatureShape shape;
  std::vector<float> values;  ///< [height * width * channels]
  const float* row(std::size_t location) const { return values.data() + location * shape.channels; }
  float* row(std::size_t location) { return values.data() + location * shape.channels; }
};

/// What the extractor makes of one image: one global feature and a pyramid, finest level first.
struct ImageFeatures {
  std::vector<float> global;        ///< [D]
  std::vector<FeatureMap> pyramid;  ///< level l in pyramid[l]; strides grow with l
};

}  // namespace touchstone
