#include "page_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

namespace touchstone {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 in UTF-8, and the C1 controls.
bool IsSteering(std::string_view character) {
  if (character.size() == 1) return character[0] >= 0 && (character[0] < 0x20 || character[0] == 0x7f);
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return character == "\xd8\x9c" || (byte(0) == 0xc2 && byte(1) < 0xa0);
  if (character.size() != 3 || byte(0) != 0xe2) return false;
  if (byte(1) == 0x80) return byte(2) == 0x8e || byte(2) == 0x8f || (byte(2) >= 0xaa && byte(2) <= 0xae);
  return byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
}

// The JSON library knows what is UTF-8.
std::string ValidUtf8(const std::string& text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

std::size_t CharacterLength(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

// One decimal; none of 100.
std::string ShortPercent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share >= 0.9995 ? "%.0f" : "%.1f", share * 100);
  return text;
}

}  // namespace

std::string DisplayText(const std::string& text) {
  const std::string valid = ValidUtf8(text);
  std::string shown;
  for (std::size_t i = 0; i < valid.size();) {
    const std::string_view character = std::string_view(valid).substr(i, CharacterLength(valid[i]));
    shown += IsSteering(character) ? kReplacement : character;
    i += character.size();
  }
  return shown;
}

std::string LinkTo(const std::string& relative_path) {
  static const char kPlain[] = "-._~/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string link;
  for (const char c : relative_path) {
    if (c != '\0' && std::strchr(kPlain, c) != nullptr) {
      link += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      link += escaped;
    }
  }
  return link;
}

std::string Base64(const Bytes& bytes) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string ShortNumber(double value) {
  const double size = std::abs(value);
  char text[40];
  std::snprintf(text, sizeof text, size >= 1000 && size < 1e9 ? "%.0f" : "%.4g", value);
  return text;
}

std::string PercentText(const Metric& metric) {
  if (!metric.value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", *metric.value * 100);
  return text;
}

std::string PercentInterval(const Metric& metric) {
  if (!metric.interval) return "";
  return ShortPercent(metric.interval->low) + "-" + ShortPercent(metric.interval->high);
}

}  // namespace touchstone
