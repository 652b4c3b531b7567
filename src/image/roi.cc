#include "touchstone/image/roi.h"

#include <algorithm>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

constexpr int kCompression = 9;  // of PNG: written once, and small

bool IsEmpty(const Mask& mask) {
  return std::all_of(mask.values.begin(), mask.values.end(), [](std::uint8_t value) { return value == 0; });
}

std::string Sizes(const Mask& roi, Size photograph) {
  return "is " + SizeText(photograph) + " pixels and the mask of --roi " + SizeText(roi.size) + ": ";
}

}  // namespace

std::optional<Mask> ReadRoi(const std::filesystem::path& file) {
  if (file.empty()) return std::nullopt;
  Mask roi;
  try {
    roi = ReadMask(file);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, "--roi: " + error.message, file);
  }
  if (IsEmpty(roi)) {
    throw Error(
        ErrorCode::kUsage,
        "--roi: is zero everywhere, which leaves nothing to look at; what is to be looked at must not "
        "be black",
        file);
  }
  return roi;
}

Bytes EncodeRoi(const Mask& roi) {
  Image image;
  image.size = roi.size;
  image.rgb8.reserve(roi.values.size() * 3);
  for (const std::uint8_t value : roi.values) {
    image.rgb8.insert(image.rgb8.end(), 3, value != 0 ? std::uint8_t{255} : std::uint8_t{0});
  }
  return EncodePng(image, kCompression);
}

std::string RoiDigest(const Mask& roi) {
  const Bytes png = EncodeRoi(roi);
  return Sha256(png.data(), png.size());
}

std::string WhyRoiDoesNotFit(const Mask& roi, Size photograph) {
  const double a = static_cast<double>(roi.size.width) * photograph.height;
  const double b = static_cast<double>(photograph.width) * roi.size.height;
  if (std::max(a, b) <= kMostRoiDistortion * std::min(a, b)) return "";
  return Sizes(roi, photograph) +
         "their proportions differ by more than 5 %; draw the mask on one of the photographs";
}

Mask FitRoi(const Mask& roi, Size photograph) {
  const std::string why = WhyRoiDoesNotFit(roi, photograph);
  if (!why.empty()) throw Error(ErrorCode::kImage, why);
  Mask fitted = ResizeMaskNearest(roi, photograph);
  if (IsEmpty(fitted)) {
    throw Error(ErrorCode::kImage,
                Sizes(roi, photograph) + "what it marks is too small to be seen at that size; mark more");
  }
  return fitted;
}

void ClearOutside(const Mask& roi, ScoreMap* map) {
  const Mask fitted = FitRoi(roi, map->size);
  for (std::size_t i = 0; i < map->values.size(); ++i) {
    if (fitted.values[i] == 0) map->values[i] = 0;
  }
}

std::vector<float> ValuesInside(const Mask& roi, const ScoreMap& map) {
  const Mask fitted = FitRoi(roi, map.size);
  std::vector<float> inside;
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    if (fitted.values[i] != 0) inside.push_back(map.values[i]);
  }
  return inside;
}

}  // namespace touchstone
