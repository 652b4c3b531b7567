#include <array>
#include <cmath>
#include <string>

#include "decode.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

bool IsSpace(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(std::uint8_t c) { return c >= '0' && c <= '9'; }

// The text part of a PNM file: numbers with white space and comments between them.
class Scanner {
 public:
  Scanner(const Bytes& file, const fs::path& name) : file_(file), name_(name) {}

  std::uint32_t Number() {
    SkipBlanks();
    if (position_ == file_.size()) ThrowDamaged("fewer numbers than the image needs", name_);
    if (!IsDigit(file_[position_])) ThrowDamaged("something other than a number where one is needed", name_);
    std::uint64_t value = 0;
    for (; position_ < file_.size() && IsDigit(file_[position_]); ++position_) {
      value = value * 10 + (file_[position_] - '0');
      if (value > 0xFFFFFFFFU) ThrowDamaged("a number above 4294967295", name_);
    }
    return static_cast<std::uint32_t>(value);
  }

  /// One 0 or 1 of a plain PBM, where no blank is needed between two.
  std::uint32_t Bit() {
    SkipBlanks();
    if (position_ == file_.size()) ThrowDamaged("fewer numbers than the image needs", name_);
    const std::uint8_t c = file_[position_++];
    if (c != '0' && c != '1') ThrowDamaged("something other than 0 and 1 in a PBM", name_);
    return c - '0';
  }

  /// Where raw samples start: one blank behind the header.
  const std::uint8_t* Samples(std::size_t num_bytes) {
    if (position_ >= file_.size() || !IsSpace(file_[position_])) ThrowDamaged("its header ends early", name_);
    ++position_;
    if (file_.size() - position_ < num_bytes) ThrowDamaged("fewer bytes than the image needs", name_);
    return file_.data() + position_;
  }

  void SkipSignature() { position_ = 2; }
  std::size_t num_bytes_left() const { return file_.size() - position_; }

 private:
  void SkipBlanks() {
    for (; position_ < file_.size(); ++position_) {
      if (file_[position_] == '#') {
        while (position_ < file_.size() && file_[position_] != '\n' && file_[position_] != '\r') ++position_;
        if (position_ == file_.size()) return;
      }
      if (!IsSpace(file_[position_])) return;
    }
  }

  const Bytes& file_;
  const fs::path& name_;
  std::size_t position_ = 0;
};

struct PnmHeader {
  Size size;
  int channels = 1;
  bool is_bitmap = false;
  bool is_plain = false;
  std::uint32_t max_value = 1;
  std::size_t num_samples() const { return static_cast<std::size_t>(size.width) * size.height * channels; }
};

PnmHeader ReadHeader(char kind, Scanner& in, const fs::path& name) {
  PnmHeader header;
  header.is_plain = kind <= '3';
  header.is_bitmap = kind == '1' || kind == '4';
  header.channels = kind == '3' || kind == '6' ? 3 : 1;
  in.SkipSignature();
  const std::uint32_t width = in.Number();
  const std::uint32_t height = in.Number();
  header.size = CheckedSize(width, height, name);
  if (!header.is_bitmap) header.max_value = in.Number();
  if (header.max_value < 1 || header.max_value > 65535) {
    ThrowDamaged("a maxval of " + std::to_string(header.max_value) + " where 1 to 65535 is possible", name);
  }
  return header;
}

std::size_t FewestBytes(const PnmHeader& header) {
  if (header.is_bitmap && !header.is_plain)
    return static_cast<std::size_t>(header.size.width + 7) / 8 * header.size.height;
  if (header.is_bitmap) return header.num_samples();
  if (header.is_plain) return 2 * header.num_samples() - 1;  // a digit and a blank each
  return header.num_samples() * (header.max_value > 255 ? 2 : 1);
}

// Gives the samples one after the other, however they are stored.
class SampleReader {
 public:
  SampleReader(const PnmHeader& header, Scanner& in, const fs::path& name)
      : header_(header),
        in_(in),
        name_(name),
        raw_(header.is_plain ? nullptr : in.Samples(FewestBytes(header))) {}

  std::uint32_t Next() {
    if (header_.is_bitmap) return 1 - NextBit();  // a bitmap's 1 is black
    std::uint32_t value = 0;
    if (header_.is_plain) {
      value = in_.Number();
    } else {
      value = *raw_++;
      if (header_.max_value > 255) value = value << 8 | *raw_++;
    }
    if (value > header_.max_value) {
      ThrowDamaged(
          "a sample of " + std::to_string(value) + " above its maxval, " + std::to_string(header_.max_value),
          name_);
    }
    return value;
  }

 private:
  std::uint32_t NextBit() {
    if (header_.is_plain) return in_.Bit();
    const std::uint32_t bit = raw_[x_ / 8] >> (7 - x_ % 8) & 1;
    if (++x_ == header_.size.width) {  // rows start on a byte
      raw_ += (header_.size.width + 7) / 8;
      x_ = 0;
    }
    return bit;
  }

  const PnmHeader& header_;
  Scanner& in_;
  const fs::path& name_;
  const std::uint8_t* raw_;
  int x_ = 0;
};

// Pillow's rule for a maxval below 255: spread over 0..255, halves to the even number.
std::array<std::uint8_t, 256> SpreadTable(std::uint32_t max_value) {
  std::array<std::uint8_t, 256> table{};
  for (std::uint32_t v = 0; v <= max_value; ++v) {
    table[v] = static_cast<std::uint8_t>(std::nearbyint(static_cast<double>(v) / max_value * 255));
  }
  return table;
}

template <typename Value, typename Convert>
void FillRgb(SampleReader& samples, int channels, const Convert& convert, std::vector<Value>& rgb) {
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    rgb[i] = convert(samples.Next());
    rgb[i + 1] = channels == 3 ? convert(samples.Next()) : rgb[i];
    rgb[i + 2] = channels == 3 ? convert(samples.Next()) : rgb[i];
  }
}

}  // namespace

Image DecodePnm(const Bytes& file, const fs::path& name) {
  Scanner in(file, name);
  const PnmHeader header = ReadHeader(static_cast<char>(file[1]), in, name);
  if (FewestBytes(header) > in.num_bytes_left()) ThrowDamaged("fewer bytes than the image needs", name);
  SampleReader samples(header, in, name);
  Image image = MakeImage(header.size, header.max_value > 255 ? 16 : 8);
  if (image.bits_per_channel == 16) {
    FillRgb(
        samples, header.channels, [](std::uint32_t v) { return static_cast<std::uint16_t>(v); }, image.rgb16);
  } else {
    const std::array<std::uint8_t, 256> table = SpreadTable(header.max_value);
    FillRgb(
        samples, header.channels, [&](std::uint32_t v) { return table[v]; }, image.rgb8);
  }
  return image;
}

}  // namespace touchstone
