#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/app/progress.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// A photograph and the digest of its file.
struct LoadedImage {
  Image image;
  std::string sha256;
};

/// Reads, digests and decodes one file. @throws Error kIo, kImage.
LoadedImage LoadImage(const std::filesystem::path& file);

/// Gathers a kind of warning over many images, to say it once: "3 images ...: a, b and c".
class ImageWarning {
 public:
  explicit ImageWarning(std::string text) : text_(std::move(text)) {}
  void Add(const std::string& path) { paths_.push_back(path); }
  bool empty() const { return paths_.empty(); }
  std::string Message() const;  ///< "<count> image(s) <text>: <up to 3 names>"

 private:
  std::string text_;
  std::vector<std::string> paths_;
};

/// What we say of images that ask to be turned.
ImageWarning OrientationWarning();

}  // namespace touchstone
