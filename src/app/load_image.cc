#include "app/load_image.h"

#include "touchstone/core/file.h"
#include "touchstone/core/text.h"
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
  return CountText(paths_.size(), "image ", "images ") + text_ + ": " + FirstNames(paths_);
}

ImageWarning OrientationWarning() {
  return ImageWarning(
      "carrying an EXIF orientation, which is not applied (turn the pixels themselves if all "
      "images should stand upright)");
}

}  // namespace touchstone
