#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "decode.h"

// OpenCV decodes the samples. Looked at beforehand are the header, for the limits on sizes, and whether all
// samples are there and are numbers, since OpenCV reports that on stderr. It then gets the samples behind a
// header of ours with the highest maxval: of others it makes one thing in raw files and another in plain
// ones.

namespace touchstone {
namespace {

namespace fs = std::filesystem;

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The text part of a PNM file: numbers with white space and comments between them.
class Scanner {
 public:
  Scanner(const Bytes& file, const fs::path& name)
      : at_(reinterpret_cast<const char*>(file.data()) + 2),
        end_(reinterpret_cast<const char*>(file.data()) + file.size()),
        name_(name) {}

  std::uint32_t Number() {
    SkipBlanks();
    std::uint32_t value = 0;
    const auto [next, status] = std::from_chars(at_, end_, value);
    const bool is_number = status == std::errc() && (next == end_ || IsSpace(*next));
    if (!is_number) ThrowDamaged("something other than a number where one is needed", name_);
    at_ = next;
    return value;
  }

  /// One 0 or 1 of a plain PBM, where no blank is needed between two.
  void Bit() {
    SkipBlanks();
    if (*at_ != '0' && *at_ != '1') ThrowDamaged("something other than 0 and 1 in a PBM", name_);
    ++at_;
  }

  /// The one blank between the header of a raw file and its samples.
  void EndOfHeader() {
    if (at_ == end_) ThrowDamaged("its header ends early", name_);
    ++at_;  // Number saw that it is a blank
  }

  const char* at() const { return at_; }
  const char* end() const { return end_; }

 private:
  void SkipBlanks() {
    for (; at_ != end_ && (IsSpace(*at_) || *at_ == '#'); ++at_) {
      if (*at_ == '#') at_ = std::find_if(at_, end_, [](char c) { return c == '\n' || c == '\r'; });
      if (at_ == end_) break;
    }
    if (at_ == end_) ThrowDamaged("fewer numbers than the image needs", name_);
  }

  const char* at_;
  const char* end_;
  const fs::path& name_;
};

struct PnmHeader {
  Size size;
  char kind = 0;  // '1' to '6'
  std::uint32_t max_value = 1;
  bool is_plain() const { return kind <= '3'; }
  bool is_bitmap() const { return kind == '1' || kind == '4'; }
  std::uint64_t num_samples() const {
    return std::uint64_t{1} * size.width * size.height * (kind == '3' || kind == '6' ? 3 : 1);
  }
};

PnmHeader ReadHeader(char kind, Scanner& in, const fs::path& name) {
  PnmHeader header;
  header.kind = kind;
  const std::uint32_t width = in.Number();
  const std::uint32_t height = in.Number();
  header.size = CheckedSize(width, height, name);
  if (!header.is_bitmap()) header.max_value = in.Number();
  if (header.max_value < 1 || header.max_value > 65535) {
    ThrowDamaged("a maxval of " + std::to_string(header.max_value) + " where 1 to 65535 is possible", name);
  }
  return header;
}

[[noreturn]] void ThrowAboveMaxval(std::uint32_t value, std::uint32_t max_value, const fs::path& name) {
  ThrowDamaged("a sample of " + std::to_string(value) + " above its maxval, " + std::to_string(max_value),
               name);
}

// Leaves the scanner where it is.
void CheckPlainSamples(const PnmHeader& header, Scanner in, const fs::path& name) {
  for (std::uint64_t i = 0; i < header.num_samples(); ++i) {
    if (header.is_bitmap()) {
      in.Bit();
    } else if (const std::uint32_t value = in.Number(); value > header.max_value) {
      ThrowAboveMaxval(value, header.max_value, name);
    }
  }
}

void CheckRawSamples(const PnmHeader& header, const Scanner& in, const fs::path& name) {
  const std::uint64_t row_bytes = (static_cast<std::uint64_t>(header.size.width) + 7) / 8;
  const std::uint64_t num_bytes = header.is_bitmap()
                                      ? row_bytes * header.size.height
                                      : header.num_samples() * (header.max_value > 255 ? 2 : 1);
  if (num_bytes > static_cast<std::uint64_t>(in.end() - in.at())) {
    ThrowDamaged("fewer bytes than the image needs", name);
  }
}

Bytes BehindAHeaderOfOurs(const PnmHeader& header, const Scanner& in) {
  std::string text = std::string("P") + header.kind + " " + std::to_string(header.size.width) + " " +
                     std::to_string(header.size.height);
  if (!header.is_bitmap()) text += header.is_plain() || header.max_value > 255 ? " 65535" : " 255";
  text += '\n';
  Bytes file;
  file.reserve(text.size() + (in.end() - in.at()) + 1);
  file.insert(file.end(), text.begin(), text.end());
  file.insert(file.end(), in.at(), in.end());
  file.push_back('\n');  // OpenCV wants it behind the last number
  return file;
}

template <typename Value>
void CheckValues(const std::vector<Value>& values, std::uint32_t max_value, const fs::path& name) {
  const auto highest = std::max_element(values.begin(), values.end());
  if (highest != values.end() && *highest > max_value) ThrowAboveMaxval(*highest, max_value, name);
}

// Pillow's rule for a maxval of at most 255: spread over 0..255, halves to the even number.
template <typename Value>
std::vector<std::uint8_t> Spread(const std::vector<Value>& values, std::uint32_t max_value) {
  std::array<std::uint8_t, 256> table{};
  for (std::uint32_t v = 0; v <= max_value; ++v) {
    table[v] = static_cast<std::uint8_t>(std::nearbyint(static_cast<double>(v) / max_value * 255));
  }
  std::vector<std::uint8_t> spread(values.size());
  std::transform(values.begin(), values.end(), spread.begin(), [&](Value v) { return table[v]; });
  return spread;
}

// From samples as stored, of 16 bits where the file is plain, to what DecodeImage promises.
void ApplyMaxval(std::uint32_t max_value, Image& image, const fs::path& name) {
  if (max_value == (image.bits_per_channel == 8 ? 255 : 65535)) return;  // as they are
  CheckValues(image.rgb8, max_value, name);
  CheckValues(image.rgb16, max_value, name);
  if (max_value > 255) return;
  image.rgb8 = image.bits_per_channel == 8 ? Spread(image.rgb8, max_value) : Spread(image.rgb16, max_value);
  image.rgb16 = {};
  image.bits_per_channel = 8;
}

}  // namespace

Image DecodePnm(const Bytes& file, const fs::path& name) {
  Scanner in(file, name);
  const PnmHeader header = ReadHeader(static_cast<char>(file[1]), in, name);
  if (header.is_plain()) {
    CheckPlainSamples(header, in, name);
  } else {
    in.EndOfHeader();
    CheckRawSamples(header, in, name);
  }
  Image image = DecodeWithOpenCv(BehindAHeaderOfOurs(header, in), header.size, name);
  if (!header.is_bitmap()) ApplyMaxval(header.max_value, image, name);
  return image;
}

}  // namespace touchstone
