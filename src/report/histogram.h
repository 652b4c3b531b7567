#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// Counts of numbers in bins of one width: bin i holds what lies between from + i * step and
/// from + (i + 1) * step, with the lower edge, or, in a histogram with a given edge, with the upper one.
struct Histogram {
  double from = 0;
  double step = 1;                                         ///< 1, 2 or 5 times a power of ten
  std::map<std::string, std::vector<std::size_t>> counts;  ///< of each series, all of one length
};

/// A histogram of 20 to 52 bins for each series of finite numbers, which share the bins. All numbers equal:
/// one bin. None at all: no bins.
/// @param edge  an edge of the bins, so that none of them holds numbers both above and not above it; 0
/// without.
Histogram MakeHistogram(const std::map<std::string, std::vector<double>>& series,
                        const std::optional<double>& edge = std::nullopt);

}  // namespace touchstone
