#include "app/load_image.h"

#include <algorithm>

#include "touchstone/core/file.h"
#include "touchstone/image/reader.h"

namespace touchstone {

namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 31;  // as ReadImage

}  // namespace

LoadedImage LoadImage(const std::filesystem::path& file) {
  const Bytes bytes = ReadFile(file, kMaxFileBytes);
  return {DecodeImage(bytes, file), Sha256(bytes.data(), bytes.size())};
}

std::string ImageWarning::Message() const {
  constexpr std::size_t kMostNames = 3;
  std::string message =
      std::to_string(paths_.size()) + (paths_.size() == 1 ? " image " : " images ") + text_ + ": ";
  for (std::size_t i = 0; i < std::min(kMostNames, paths_.size()); ++i)
    message += (i == 0 ? "" : ", ") + paths_[i];
  return message + (paths_.size() > kMostNames ? ", ..." : "");
}

ImageWarning OrientationWarning() {
  return ImageWarning(
      "carrying an EXIF orientation, which is not applied (turn the pixels themselves if all "
      "images should stand upright)");
}

}  // namespace touchstone
