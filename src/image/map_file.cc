#include "touchstone/image/map_file.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "tiff_memory.h"
#include "touchstone/core/error.h"
#include "touchstone/image/reader.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 32;

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits.
float FloatFromHalf(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  float magnitude = 0.0F;
  if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else if (exponent == 31) {
    magnitude = fraction == 0 ? INFINITY : NAN;
  } else {
    magnitude = std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

template <typename Value>
void Convert(const std::uint8_t* samples, int count, float* out) {
  for (int i = 0; i < count; ++i, samples += sizeof(Value)) {
    Value value;
    std::memcpy(&value, samples, sizeof(Value));
    out[i] = static_cast<float>(value);
  }
}

template <>
void Convert<float>(const std::uint8_t* samples, int count, float* out) {
  std::memcpy(out, samples, static_cast<std::size_t>(count) * sizeof(float));
}

struct Half {
  std::uint16_t bits;
  explicit operator float() const { return FloatFromHalf(bits); }
};

using Converter = void (*)(const std::uint8_t* samples, int count, float* out);

// Null where the kind is not one that maps come in.
Converter FindConverter(const TiffLayout& layout) {
  const int bits = layout.bits;
  switch (layout.sample_format) {
    case SAMPLEFORMAT_IEEEFP:
      return bits == 16   ? &Convert<Half>
             : bits == 32 ? &Convert<float>
             : bits == 64 ? &Convert<double>
                          : nullptr;
    case SAMPLEFORMAT_INT:
      return bits == 8    ? &Convert<std::int8_t>
             : bits == 16 ? &Convert<std::int16_t>
             : bits == 32 ? &Convert<std::int32_t>
                          : nullptr;
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
      return bits == 8    ? &Convert<std::uint8_t>
             : bits == 16 ? &Convert<std::uint16_t>
             : bits == 32 ? &Convert<std::uint32_t>
                          : nullptr;
    default:
      return nullptr;
  }
}

bool IsTiff(const Bytes& file) {
  return file.size() >= 4 && ((file[0] == 'I' && file[1] == 'I') || (file[0] == 'M' && file[1] == 'M'));
}

Converter RequireConverter(const TiffLayout& layout, const fs::path& file) {
  const bool is_gray = layout.photometric == PHOTOMETRIC_MINISBLACK;
  const Converter converter = is_gray && layout.samples == 1 ? FindConverter(layout) : nullptr;
  if (converter == nullptr) {
    throw Error(
        ErrorCode::kImage,
        "is a TIFF of " + std::to_string(layout.samples) + " channel(s) of " + std::to_string(layout.bits) +
            " bits: a score map has one channel, of float16, float32, float64 or 8 to 32 bit integers",
        file);
  }
  return converter;
}

bool AllFinite(const std::vector<float>& values) {
  int num_bad = 0;  // all are looked at: that the compiler can do many at a time
  for (const float value : values) num_bad += std::abs(value) <= std::numeric_limits<float>::max() ? 0 : 1;
  return num_bad == 0;
}

void RequireFinite(const ScoreMap& map, const fs::path& file) {
  if (AllFinite(map.values)) return;
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    if (std::isfinite(map.values[i])) continue;
    const std::size_t width = map.size.width;
    throw Error(ErrorCode::kNotFinite,
                "its value at (x = " + std::to_string(i % width) + ", y = " + std::to_string(i / width) +
                    ") is " + (std::isnan(map.values[i]) ? "not a number" : "infinite") +
                    ": scores must be finite numbers, within the range of float32",
                file);
  }
}

Mask MaskOf(const Image& image) {
  Mask mask;
  mask.size = image.size;
  mask.values.resize(static_cast<std::size_t>(image.size.width) * image.size.height);
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    const int any = image.bits_per_channel == 8
                        ? image.rgb8[3 * i] | image.rgb8[3 * i + 1] | image.rgb8[3 * i + 2]
                        : image.rgb16[3 * i] | image.rgb16[3 * i + 1] | image.rgb16[3 * i + 2];
    mask.values[i] = any != 0 ? 1 : 0;
  }
  return mask;
}

}  // namespace

Bytes EncodeScoreMap(const ScoreMap& map) { return EncodeFloatTiff(map.values.data(), map.size); }

ScoreMap ReadScoreMap(const fs::path& file) { return DecodeScoreMap(ReadFile(file, kMaxFileBytes), file); }

ScoreMap DecodeScoreMap(const Bytes& bytes, const fs::path& file) {
  if (!IsTiff(bytes))
    throw Error(ErrorCode::kImage, "is not a TIFF file: score maps are read from TIFF only", file);
  TiffReader reader(bytes, file);
  const Converter convert = RequireConverter(reader.layout(), file);
  ScoreMap map;
  map.size = reader.layout().size;
  map.values.resize(static_cast<std::size_t>(map.size.width) * map.size.height);
  reader.ReadRuns(1, [&](const TiffReader::Run& run) {
    convert(run.samples, run.num_pixels,
            map.values.data() + static_cast<std::size_t>(run.y) * map.size.width + run.x);
  });
  RequireFinite(map, file);
  return map;
}

Mask ReadMask(const fs::path& file) { return MaskOf(ReadImage(file)); }

MarkedMask ReadMarkedMask(const fs::path& file) {
  const Image image = ReadImage(file);
  MarkedMask marked{MaskOf(image), 0};
  for (std::size_t i = 0; i < marked.mask.values.size(); ++i) {
    if (marked.mask.values[i] == 0) continue;
    const int value = image.bits_per_channel == 8 ? image.rgb8[3 * i] : 0;
    const bool is_gray = value != 0 && image.rgb8[3 * i + 1] == value && image.rgb8[3 * i + 2] == value;
    if (!is_gray || (marked.value != 0 && marked.value != value)) {
      throw Error(ErrorCode::kImage,
                  "is no mask of one defect: all of its pixels must be 0 or one grey value of 8 bits", file);
    }
    marked.value = value;
  }
  return marked;
}

}  // namespace touchstone
