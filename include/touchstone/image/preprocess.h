#pragma once

#include <array>
#include <optional>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// How a photograph becomes the extractor's input; part of every gallery.
struct Preprocessing {
  Size resize{256, 256};                                ///< exactly this, whatever the aspect ratio
  std::optional<Size> crop;                             ///< central crop after the resize; <= resize
  std::array<float, 3> mean{0.485F, 0.456F, 0.406F};    ///< RGB, of values in 0..1
  std::array<float, 3> stddev{0.229F, 0.224F, 0.225F};  ///< RGB, of values in 0..1; > 0
  double white_level = 65535;  ///< for 16-bit images: the value that counts as 1.0; in [1, 65535]
};

/// The size of the network's input: the crop, or the resized frame where nothing is cropped.
Size NetworkInputSize(const Preprocessing& preprocessing);

/// The part of the resized frame that the network sees [px of the resized frame]. Like
/// torchvision's CenterCrop: left = round-half-to-even((resize.width - crop.width) / 2), top likewise.
Rect CropRect(const Preprocessing& preprocessing);

/// Checks sizes and ranges. @throws Error kOption that names option, value and limit
/// ("--crop 300x300: must not exceed --resize, 256x256").
void Validate(const Preprocessing& preprocessing);

/// Resizes, crops, scales to 0..1 and normalises, in float32 as torchvision's ToTensor and
/// Normalize do:
///
///   input[c][y][x] = (v / 255 - mean[c]) / stddev[c]
///
/// Only the rows and columns that the crop keeps are resized. `preprocessing` must have passed
/// Validate. On the calling thread alone; safe to call concurrently.
/// @return [3 * H * W] planar (channel slowest), H x W = NetworkInputSize: the extractor's input.
/// 8-bit images: the resize is Pillow's, rounded to 8 bits in between and after; 16-bit images are
/// divided by the white level (values above it become 1) and resized in float.
std::vector<float> Preprocess(const Image& image, const Preprocessing& preprocessing);

/// For pictures that people look at (previews, heat maps): 16-bit values become
/// round(255 * min(v / white_level, 1)); an 8-bit image is returned as it is.
/// @param white_level in [1, 65535]
Image ConvertTo8Bit(const Image& image, double white_level);

}  // namespace touchstone
