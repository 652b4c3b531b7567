#include "touchstone/report/thumbnail.h"

#include <algorithm>

#include "touchstone/image/encode.h"
#include "touchstone/report/heatmap.h"

namespace touchstone {
namespace {

constexpr double kWhite = 255;  // of 8 bits, which have no other white level
constexpr int kMaskSide = 128;
constexpr int kMaskCompression = 9;

}  // namespace

Bytes MakeThumbnail(const Image& picture) {
  for (int side = kMaxThumbnailSide;; side /= 2) {
    const Image small = MakePreview(picture, kWhite, side);
    for (const int quality : {70, 45, 20}) {
      const Bytes file = EncodeWebp(small, quality);
      if (file.size() <= kMaxThumbnailBytes || side == 1) return file;
    }
  }
}

Bytes MakeMaskThumbnail(const Mask& mask) {
  const int longest = std::max(mask.size.width, mask.size.height);
  const int step = (longest + kMaskSide - 1) / kMaskSide;
  Image small;
  small.size = {(mask.size.width + step - 1) / step, (mask.size.height + step - 1) / step};
  small.rgb8.resize(static_cast<std::size_t>(small.size.width) * small.size.height * 3);
  for (int y = 0; y < mask.size.height; ++y) {
    for (int x = 0; x < mask.size.width; ++x) {
      if (mask.values[static_cast<std::size_t>(y) * mask.size.width + x] == 0) continue;
      const std::size_t pixel = static_cast<std::size_t>(y / step) * small.size.width + x / step;
      std::fill_n(&small.rgb8[pixel * 3], 3, std::uint8_t{255});
    }
  }
  return EncodePng(small, kMaskCompression);
}

}  // namespace touchstone
