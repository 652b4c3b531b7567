#pragma once

#include <map>
#include <string>
#include <vector>

namespace touchstone {

/// Counts of numbers in bins of one width: bin i holds from + i * step <= value < from + (i + 1) * step.
struct Histogram {
  double from = 0;
  double step = 1;                                         ///< 1, 2 or 5 times a power of ten
  std::map<std::string, std::vector<std::size_t>> counts;  ///< of each series, all of one length
};

/// A histogram of 20 to 52 bins for each series of finite numbers, which share the bins. All numbers equal:
/// one bin. None at all: no bins.
Histogram MakeHistogram(const std::map<std::string, std::vector<double>>& series);

}  // namespace touchstone
