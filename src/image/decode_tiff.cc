#include <cstring>
#include <string>

#include "decode.h"
#include "tiff_memory.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

std::string FormatName(const TiffLayout& layout) {
  if (layout.sample_format == SAMPLEFORMAT_IEEEFP) return " floating-point bits";
  if (layout.sample_format == SAMPLEFORMAT_INT) return " signed bits";
  return " bits";
}

bool IsUnsigned(const TiffLayout& layout) {
  return layout.sample_format == SAMPLEFORMAT_UINT || layout.sample_format == SAMPLEFORMAT_VOID;
}

bool IsGray(const TiffLayout& layout) {
  return layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
}

// Gray or RGB in whole bytes, with at most one more channel: alpha.
bool IsPlainPhotograph(const TiffLayout& layout) {
  const bool has_channels =
      IsGray(layout) ? layout.samples == 1 || layout.samples == 2
                     : layout.photometric == PHOTOMETRIC_RGB && (layout.samples == 3 || layout.samples == 4);
  return has_channels && (layout.bits == 8 || layout.bits == 16);
}

// What libtiff itself turns into RGB without changing what 8-bit values mean.
bool IsForLibtiff(const TiffLayout& layout) {
  const bool is_small = layout.bits <= 8;
  return is_small && ((IsGray(layout) && layout.samples == 1) || layout.photometric == PHOTOMETRIC_PALETTE ||
                      layout.photometric == PHOTOMETRIC_YCBCR);
}

void CheckKind(const TiffLayout& layout, const fs::path& name) {
  if (IsUnsigned(layout) && (IsPlainPhotograph(layout) || IsForLibtiff(layout))) return;
  if (layout.photometric == PHOTOMETRIC_SEPARATED) ThrowUnsupported("is a CMYK TIFF", name);
  ThrowUnsupported("is a TIFF of " + std::to_string(layout.samples) + " channel(s) of " +
                       std::to_string(layout.bits) + FormatName(layout) + " and photometric interpretation " +
                       std::to_string(layout.photometric),
                   name);
}

// Writes one run of samples into the RGB buffer of the same bit depth.
template <typename Value>
void PlaceRun(const TiffReader::Run& run, const TiffLayout& layout, std::vector<Value>& rgb) {
  const int samples = layout.is_separate ? 1 : layout.samples;
  const bool is_gray = IsGray(layout);
  const Value flip = layout.photometric == PHOTOMETRIC_MINISWHITE ? static_cast<Value>(~Value{0}) : Value{0};
  Value* out = rgb.data() + (static_cast<std::size_t>(run.y) * layout.size.width + run.x) * 3;
  const std::uint8_t* in = run.samples;
  for (int i = 0; i < run.num_pixels; ++i, in += samples * sizeof(Value), out += 3) {
    Value value[3];
    std::memcpy(value, in, (samples >= 3 ? 3 : 1) * sizeof(Value));
    if (is_gray) {
      out[0] = out[1] = out[2] = static_cast<Value>(value[0] ^ flip);
    } else if (layout.is_separate) {
      out[run.plane] = value[0];
    } else {
      std::memcpy(out, value, sizeof(value));
    }
  }
}

Image ReadPlain(TiffReader& reader) {
  const TiffLayout& layout = reader.layout();
  Image image = MakeImage(layout.size, layout.bits);
  const int num_planes = layout.is_separate && !IsGray(layout) ? 3 : 1;  // a plane of alpha is not read
  reader.ReadRuns(num_planes, [&](const TiffReader::Run& run) {
    if (layout.bits == 8) {
      PlaceRun(run, layout, image.rgb8);
    } else {
      PlaceRun(run, layout, image.rgb16);
    }
  });
  return image;
}

Image ReadThroughLibtiff(TiffReader& reader) {
  const std::vector<std::uint32_t> pixels = reader.ReadRgba();
  Image image = MakeImage(reader.layout().size, 8);
  std::uint8_t* out = image.rgb8.data();
  for (const std::uint32_t pixel : pixels) {
    *out++ = static_cast<std::uint8_t>(TIFFGetR(pixel));
    *out++ = static_cast<std::uint8_t>(TIFFGetG(pixel));
    *out++ = static_cast<std::uint8_t>(TIFFGetB(pixel));
  }
  return image;
}

}  // namespace

Image DecodeTiff(const Bytes& file, const fs::path& name) {
  TiffReader reader(file, name);
  CheckKind(reader.layout(), name);
  // Inside a TIFF too a JPEG's colours are libjpeg's business, so that they are those of a .jpg.
  if (reader.layout().photometric == PHOTOMETRIC_YCBCR && reader.layout().compression == COMPRESSION_JPEG &&
      reader.layout().samples == 3) {
    reader.DecodeJpegToRgb();
  }
  Image image = IsPlainPhotograph(reader.layout()) ? ReadPlain(reader) : ReadThroughLibtiff(reader);
  image.has_exif_orientation = reader.layout().orientation >= 2 && reader.layout().orientation <= 8;
  return image;
}

}  // namespace touchstone
