#include "touchstone/core/text.h"

#include <algorithm>
#include <cstdio>

namespace touchstone {

std::string Printable(const std::string& text) {
  std::string printable = text;
  for (char& c : printable) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return printable;
}

std::string FirstNames(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(kMostNames, names.size()); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  return text + (names.size() > kMostNames ? ", ..." : "");
}

std::string ShortText(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

std::string SizeText(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

std::string CountText(std::size_t count, const std::string& one, const std::string& more) {
  return std::to_string(count) + ' ' + (count == 1 ? one : more);
}

}  // namespace touchstone
