#include "pixel_source.h"

#include <algorithm>
#include <cmath>
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

void RequireNoDefect(const PixelImage& good, const std::string& name) {
  if (!good.mask) return;
  const auto& values = good.mask->values;
  if (std::all_of(values.begin(), values.end(), [](std::uint8_t value) { return value == 0; })) return;
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
  return image;
}

}  // namespace touchstone
