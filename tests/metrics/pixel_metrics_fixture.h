#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// An image from its parts.
inline PixelImage ImageOf(ScoreMap map, std::optional<Mask> mask = std::nullopt,
                          std::vector<DefectChannel> channels = {}) {
  PixelImage image;
  image.map = std::move(map);
  image.mask = std::move(mask);
  image.channels = std::move(channels);
  return image;
}

/// A category in memory.
struct MemoryCategory {
  std::vector<PixelItem> items;
  std::vector<PixelImage> images;

  void Add(std::string group, PixelImage image) {
    items.push_back({"image " + std::to_string(items.size()), std::move(group)});
    images.push_back(std::move(image));
  }
  void Add(std::string group, ScoreMap map, std::optional<Mask> mask) {
    Add(std::move(group), ImageOf(std::move(map), std::move(mask)));
  }
  /// Valid as long as this object.
  PixelSource Source() const {
    return {items, [this](std::size_t i) { return images[i]; }};
  }
};

/// Any mask whose pixel (x, y) is defect where is_defect(x, y).
template <typename IsDefect>
Mask MakeMask(Size size, IsDefect is_defect) {
  Mask mask{size, {}};
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) mask.values.push_back(is_defect(x, y) ? 255 : 0);
  }
  return mask;
}

/// NumPy's RandomState(seed).random_sample(): 53 bits from two consecutive 32-bit outputs.
class NumpyUniform {
 public:
  explicit NumpyUniform(std::uint32_t seed) : random_(seed) {}
  double operator()() {
    const auto a = static_cast<double>(random_() >> 5);
    const auto b = static_cast<double>(random_() >> 6);
    return (a * 67108864.0 + b) / 9007199254740992.0;
  }

 private:
  std::mt19937 random_;
};

}  // namespace touchstone
