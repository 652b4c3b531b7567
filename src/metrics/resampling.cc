#include "resampling.h"

#include <algorithm>
#include <cmath>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

// With straight lines between the order statistics, as NumPy's percentile.
double Quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - static_cast<double>(below));
}

}  // namespace

std::vector<std::uint32_t> DrawAnew(std::size_t count, Random& random) {
  std::vector<std::uint32_t> times(count, 0);
  for (std::size_t i = 0; i < count; ++i) ++times[random() % count];
  return times;
}

std::vector<Interval> PercentileIntervals(const BootstrapOptions& options,
                                          const std::function<std::vector<double>(Random&)>& figures) {
  std::vector<std::vector<double>> resamples(static_cast<std::size_t>(options.num_resamples));
  ParallelFor(resamples.size(), [&](std::size_t i) {
    // A generator for each resample: what it draws does not depend on which thread draws it.
    Random random(options.seed + i * 0x9E3779B97F4A7C15U);
    resamples[i] = figures(random);
  });
  resamples.erase(
      std::remove_if(resamples.begin(), resamples.end(), [](const auto& values) { return values.empty(); }),
      resamples.end());
  std::vector<Interval> intervals;
  if (resamples.empty()) return intervals;
  for (std::size_t f = 0; f < resamples[0].size(); ++f) {
    std::vector<double> values;
    for (const auto& resample : resamples) values.push_back(resample[f]);
    std::sort(values.begin(), values.end());
    intervals.push_back(
        {Quantile(values, (1 - options.confidence) / 2), Quantile(values, (1 + options.confidence) / 2)});
  }
  return intervals;
}

}  // namespace touchstone
