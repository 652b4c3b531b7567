#include "histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace touchstone {
namespace {

constexpr double kWantedBins = 20;  // at least; the step is rounded down

// The next number below `width` that is 1, 2 or 5 times a power of ten.
double RoundStep(double width) {
  const double power = std::pow(10, std::floor(std::log10(width)));
  for (const double factor : {5.0, 2.0}) {
    if (factor * power <= width) return factor * power;
  }
  return power;
}

double StepOf(double low, double high) {
  const double size = std::max(std::abs(low), std::abs(high));
  if (low == high) return size > 0 ? RoundStep(size / 100) : 1;
  const double least = size * 1e-9;  // below it, neighbouring edges would look the same
  return RoundStep(std::max((high - low) / kWantedBins, least));
}

}  // namespace

Histogram MakeHistogram(const std::map<std::string, std::vector<double>>& series) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& [name, values] : series) {
    for (const double value : values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  Histogram histogram;
  if (low > high) return histogram;
  histogram.step = StepOf(low, high);
  const double first = std::floor(low / histogram.step);
  histogram.from = first * histogram.step;
  const auto bin = [&](double value) {
    return static_cast<std::size_t>(std::max(0.0, std::floor(value / histogram.step) - first));
  };
  for (const auto& [name, values] : series) {
    auto& counts = histogram.counts[name];
    counts.resize(bin(high) + 1);
    for (const double value : values) ++counts[bin(value)];
  }
  return histogram;
}

}  // namespace touchstone
