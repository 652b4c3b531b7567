#include "touchstone/report/thumbnail.h"

#include <algorithm>

#include "touchstone/image/encode.h"
#include "touchstone/report/heatmap.h"

namespace touchstone {
namespace {

constexpr double kWhite = 255;  // of 8 bits, which have no other white level
constexpr int kQuality = 60;
constexpr int kCoarseQuality = 30;
constexpr std::size_t kManyImages = 500;
constexpr std::size_t kFewestBytes = 2700;
constexpr std::size_t kBytesForLarge = 14000;
constexpr int kMaskSide = 128;
constexpr int kMaskCompression = 9;

}  // namespace

std::size_t ThumbnailBytes(std::size_t num_images) {
  const std::size_t share = num_images == 0 ? 0 : kManyImages * kFewestBytes / num_images;
  return std::clamp(share, kFewestBytes, kMaxThumbnailBytes);
}

int ThumbnailSide(std::size_t max_bytes) {
  return max_bytes >= kBytesForLarge ? kMaxThumbnailSide : kMaxThumbnailSide / 2;
}

Bytes MakeThumbnail(const Image& picture, std::size_t max_bytes) {
  const int longest = ThumbnailSide(max_bytes);
  Bytes file = EncodeWebp(MakePreview(picture, kWhite, longest), kQuality);
  for (int side = longest; file.size() > max_bytes && side > 1; side = side * 3 / 4) {
    file = EncodeWebp(MakePreview(picture, kWhite, side), kCoarseQuality);
  }
  return file;
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
