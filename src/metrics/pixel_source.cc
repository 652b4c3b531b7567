#include "pixel_source.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

std::size_t Area(Size size) { return static_cast<std::size_t>(size.width) * size.height; }

void RequireUsable(const PixelImage& image, const std::string& name) {
  const Size size = image.map.size;
  if (size.width < 0 || size.height < 0 || image.map.values.size() != Area(size)) {
    throw Error(ErrorCode::kShape,
                "a map of " + std::to_string(image.map.values.size()) + " values: must be " + SizeText(size),
                name);
  }
  if (image.mask && image.mask->size != size) {
    throw Error(
        ErrorCode::kShape,
        "the mask is " + SizeText(image.mask->size) + ": must have the size of the map, " + SizeText(size),
        name);
  }
  if (image.mask && image.mask->values.size() != Area(size)) {
    throw Error(
        ErrorCode::kShape,
        "a mask of " + std::to_string(image.mask->values.size()) + " values: must be " + SizeText(size),
        name);
  }
  const auto& values = image.map.values;
  int num_bad = 0;  // all are looked at: that the compiler can do many at a time
  for (const float value : values) num_bad += std::isnan(value) ? 1 : 0;
  if (num_bad != 0) {
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float value) { return std::isnan(value); });
    const auto at = static_cast<std::size_t>(bad - values.begin());
    throw Error(ErrorCode::kNotFinite,
                "the map is NaN at (" + std::to_string(at % size.width) + ", " +
                    std::to_string(at / size.width) + "): every value must be a number",
                name);
  }
}

void RequireInside(const DefectChannel& channel, const Mask& mask, const std::string& name) {
  const auto is_outside = [&](std::uint32_t pixel) {
    return pixel >= mask.values.size() || mask.values[pixel] == 0;
  };
  if (channel.saturation_px >= 1 && channel.saturation_px <= channel.pixels.size() &&
      std::is_sorted(channel.pixels.begin(), channel.pixels.end(), std::less_equal<>()) &&
      std::none_of(channel.pixels.begin(), channel.pixels.end(), is_outside)) {
    return;
  }
  throw Error(ErrorCode::kShape,
              "a defect of " + std::to_string(channel.pixels.size()) + " pixels, " +
                  std::to_string(channel.saturation_px) +
                  " of them enough: must be pixels of the mask, ascending, and 1 to all of them enough",
              name);
}

bool IsEmpty(const Mask& mask) {
  std::uint8_t any = 0;
  for (const std::uint8_t value : mask.values) any |= value;
  return any == 0;
}

void RequireNoDefect(const PixelImage& good, const std::string& name) {
  if ((!good.mask || IsEmpty(*good.mask)) && good.channels.empty()) return;
  throw Error(ErrorCode::kResults,
              "a good image whose mask has defect pixels: empty the mask, or move the image to the folder "
              "of its defect",
              name);
}

}  // namespace

PixelImage ReadChecked(const PixelSource& source, std::size_t i) {
  const PixelItem& item = source.items[i];
  PixelImage image = source.read(i);
  RequireUsable(image, item.name);
  if (item.group.empty()) RequireNoDefect(image, item.name);
  for (const DefectChannel& channel : image.channels) {
    RequireInside(channel, image.mask ? *image.mask : Mask{}, item.name);
  }
  return image;
}

Regions RegionsOf(const PixelImage& image) {
  return image.mask && !IsEmpty(*image.mask) ? LabelRegions(*image.mask) : Regions{};
}

}  // namespace touchstone
