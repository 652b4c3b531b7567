#pragma once

#include <cstdint>
#include <vector>

namespace touchstone {

/// Width and height in pixels.
struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size& other) const { return width == other.width && height == other.height; }
  bool operator!=(const Size& other) const { return !(*this == other); }
};

/// A rectangle in pixels; (x, y) is its top left corner.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/// A decoded photograph: RGB, interleaved, row-major, x fastest: value c of pixel (x, y) is at
/// [(y * width + x) * 3 + c]. Exactly one of the two buffers is filled: `rgb8` for images of at
/// most 8 bits a channel, `rgb16` (raw values as stored in the file) for more. Gray images have
/// three equal channels; alpha is gone.
struct Image {
  Size size;
  int bits_per_channel = 8;  ///< of the container in the file: 8 or 16
  std::vector<std::uint8_t> rgb8;
  std::vector<std::uint16_t> rgb16;
  bool has_exif_orientation = false;  ///< the file asks to be turned; we never do (see reader.h)
};

/// A yes-or-no image, row-major, x fastest: ground truth or a region of interest. Any non-zero
/// value is yes.
struct Mask {
  Size size;
  std::vector<std::uint8_t> values;  ///< [height * width]
};

/// A one-channel float32 image, row-major, x fastest: an anomaly map in raw distances.
struct ScoreMap {
  Size size;
  std::vector<float> values;  ///< [height * width]
};

}  // namespace touchstone
