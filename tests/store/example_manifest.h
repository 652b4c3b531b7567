#pragma once

#include <string>

#include "touchstone/store/gallery.h"

namespace touchstone {

/// A manifest of `num_images` images in two levels, without segments.
inline GalleryManifest ExampleManifest(int num_images) {
  GalleryManifest manifest;
  manifest.touchstone_version = "0.1.0";
  manifest.options.levels = {1, 2};
  manifest.options.seed = 18446744073709551615U;
  manifest.preprocessing.crop = Size{224, 200};
  manifest.preprocessing.white_level = 4095;
  manifest.extractor = {"tiny", std::string(64, 'a'), 3, {"quarter", "eighth"}, {{4, 6, 3}, {2, 3, 5}}};
  manifest.calibration = Calibration{Evidence::kGuarantee, 0.4, {0.25, 0.75}, {1.5, 2.5}, "two parts"};
  manifest.map_scale = {0.5, 2.25, "a guess"};
  manifest.source = "parts/good";
  for (int i = 0; i < num_images; ++i) {
    manifest.images.push_back(
        {std::to_string(i) + ".png", std::string(64, 'b'), {640, 480}, i % 2 == 0 ? 8 : 16});
  }
  return manifest;
}

}  // namespace touchstone
