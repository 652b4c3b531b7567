#pragma once

#include <optional>
#include <string>

namespace touchstone {

/// A cell of a CSV file, RFC 4180: quoted where it must be. An undefined number is an empty cell.
std::string CsvCell(const std::string& text);
std::string CsvCell(const std::optional<double>& value);

}  // namespace touchstone
