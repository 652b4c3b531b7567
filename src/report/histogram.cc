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

Histogram MakeHistogram(const std::map<std::string, std::vector<double>>& series,
                        const std::optional<double>& edge) {
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
  // Bins counted from the edge. With ceil a number above it, however little, is in bin 0 or higher.
  const auto number = [&](double value) {
    return edge ? std::ceil((value - *edge) / histogram.step) - 1 : std::floor(value / histogram.step);
  };
  const double first = number(low);
  histogram.from = edge.value_or(0) + first * histogram.step;
  const auto bin = [&](double value) {
    return static_cast<std::size_t>(std::max(0.0, number(value) - first));
  };
  for (const auto& [name, values] : series) {
    auto& counts = histogram.counts[name];
    counts.resize(bin(high) + 1);
    for (const double value : values) ++counts[bin(value)];
  }
  return histogram;
}

}  // namespace touchstone
