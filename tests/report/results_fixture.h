#pragma once

#include <string>

#include "touchstone/report/results.h"

namespace touchstone {

/// An image that could not be used.
inline ImageResult Failed(const std::string& path, const std::string& message) {
  ImageResult image;
  image.path = path;
  image.error_code = "image";
  image.error = message;
  return image;
}

/// What ran, without images.
inline Results BareResults() {
  Results results;
  results.touchstone_version = "0.1.0";
  results.gallery = "gallery";
  results.gallery_sha256 = std::string(64, 'b');
  results.extractor_name = "tiny";
  results.extractor_sha256 = std::string(64, 'c');
  return results;
}

}  // namespace touchstone
