#include "csv.h"

#include "touchstone/report/results.h"

namespace touchstone {

std::string CsvCell(const std::optional<double>& value) { return value ? FormatNumber(*value) : ""; }

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += '"';
  }
  return quoted + '"';
}

}  // namespace touchstone
