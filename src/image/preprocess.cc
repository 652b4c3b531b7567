#include "touchstone/image/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"
#include "touchstone/image/resize.h"

namespace touchstone {
namespace {

constexpr int kMaxSide = 8192;  // the network's input; far above what fits in memory at once

void CheckSide(const char* option, Size size) {
  const bool fits = size.width >= 1 && size.height >= 1 && size.width <= kMaxSide && size.height <= kMaxSide;
  if (fits) return;
  throw Error(ErrorCode::kOption, std::string(option) + " " + SizeText(size) +
                                      ": width and height must be 1 to " + std::to_string(kMaxSide) +
                                      " pixels");
}

void CheckChannel(std::size_t c, float mean, float stddev) {
  if (!std::isfinite(mean)) {
    throw Error(ErrorCode::kOption, "mean of channel " + std::to_string(c) + " is not a finite number");
  }
  if (!(std::isfinite(stddev) && stddev > 0)) {
    throw Error(ErrorCode::kOption, "standard deviation of channel " + std::to_string(c) + " = " +
                                        std::to_string(stddev) + ": must be a finite number above 0");
  }
}

// Half the border, halves to the even number: what Python's round() does in torchvision.
int HalfOf(int border) {
  const int half = border / 2;
  return border % 2 == 1 && half % 2 == 1 ? half + 1 : half;
}

// Interleaved to planar, each value through `normalise(value, channel)`.
template <typename Value, typename Normalise>
std::vector<float> ToPlanes(const std::vector<Value>& rgb, const Normalise& normalise) {
  const std::size_t num_pixels = rgb.size() / 3;
  std::vector<float> planes(rgb.size());
  for (std::size_t c = 0; c < 3; ++c) {
    float* plane = planes.data() + c * num_pixels;
    for (std::size_t i = 0; i < num_pixels; ++i) plane[i] = normalise(rgb[i * 3 + c], c);
  }
  return planes;
}

}  // namespace

Size NetworkInputSize(const Preprocessing& preprocessing) {
  return preprocessing.crop ? *preprocessing.crop : preprocessing.resize;
}

Rect CropRect(const Preprocessing& preprocessing) {
  const Size frame = preprocessing.resize;
  const Size crop = NetworkInputSize(preprocessing);
  return {HalfOf(frame.width - crop.width), HalfOf(frame.height - crop.height), crop.width, crop.height};
}

void Validate(const Preprocessing& preprocessing) {
  CheckSide("--resize", preprocessing.resize);
  if (preprocessing.crop) {
    const Size crop = *preprocessing.crop;
    CheckSide("--crop", crop);
    if (crop.width > preprocessing.resize.width || crop.height > preprocessing.resize.height) {
      throw Error(ErrorCode::kOption, "--crop " + SizeText(crop) + ": must not exceed --resize, " +
                                          SizeText(preprocessing.resize));
    }
  }
  for (std::size_t c = 0; c < 3; ++c) CheckChannel(c, preprocessing.mean[c], preprocessing.stddev[c]);
  if (!(preprocessing.white_level >= 1 && preprocessing.white_level <= 65535)) {
    throw Error(ErrorCode::kOption,
                "--white-level " + std::to_string(preprocessing.white_level) +
                    ": must be 1 to 65535, the value that counts as white (1023 for 10 bits, "
                    "4095 for 12)");
  }
}

std::vector<float> Preprocess(const Image& image, const Preprocessing& preprocessing) {
  const Rect part = CropRect(preprocessing);
  const std::array<float, 3>& mean = preprocessing.mean;
  const std::array<float, 3>& stddev = preprocessing.stddev;
  if (image.bits_per_channel > 8) {
    const PixelView<std::uint16_t> source{image.rgb16.data(), image.size, 3};
    return ToPlanes(ResizeAntialiased(source, preprocessing.white_level, preprocessing.resize, part),
                    [&](float v, std::size_t c) { return (v - mean[c]) / stddev[c]; });
  }
  const PixelView<std::uint8_t> source{image.rgb8.data(), image.size, 3};
  return ToPlanes(ResizeAntialiased(source, preprocessing.resize, part), [&](std::uint8_t v, std::size_t c) {
    return (static_cast<float>(v) / 255.0F - mean[c]) / stddev[c];
  });
}

Image ConvertTo8Bit(const Image& image, double white_level) {
  if (image.bits_per_channel <= 8) return image;
  Image result;
  result.size = image.size;
  result.has_exif_orientation = image.has_exif_orientation;
  result.rgb8.resize(image.rgb16.size());
  const auto convert = [white_level](std::uint16_t v) {
    return static_cast<std::uint8_t>(std::lround(255.0 * std::min(v / white_level, 1.0)));
  };
  std::transform(image.rgb16.begin(), image.rgb16.end(), result.rgb8.begin(), convert);
  return result;
}

}  // namespace touchstone
