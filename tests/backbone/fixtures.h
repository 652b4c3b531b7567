#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/support.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/core/file.h"

namespace touchstone {

/// One of the files of scripts/golden/tiny_extractors.py.
inline std::filesystem::path TinyExtractor(const std::string& name) {
  return std::filesystem::path(TOUCHSTONE_TEST_DATA) / "golden/extractors" / (name + ".pt");
}

inline std::filesystem::path EmbeddedModel() {
  return std::filesystem::path(TOUCHSTONE_MODELS) / "efficientnet_lite0.pt";
}

/// The input of scripts/golden/extractor_features.py.
inline std::vector<float> PatternImage(Size size) {
  std::vector<float> image(std::size_t{3} * size.width * size.height);
  for (std::size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<float>((static_cast<std::uint32_t>(i) * 2654435761U) >> 24U) / 64.0F - 2.0F;
  }
  return image;
}

inline bool SameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  return a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

inline bool SameBytes(const ImageFeatures& a, const ImageFeatures& b) {
  if (a.pyramid.size() != b.pyramid.size() || !SameBytes(a.global, b.global)) return false;
  for (std::size_t i = 0; i < a.pyramid.size(); ++i) {
    if (a.pyramid[i].shape != b.pyramid[i].shape || !SameBytes(a.pyramid[i].values, b.pyramid[i].values))
      return false;
  }
  return true;
}

}  // namespace touchstone
