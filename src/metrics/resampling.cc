#include "resampling.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

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

Interval IntervalOf(std::vector<double> values, double confidence, bool is_kept) {
  Interval interval;
  if (is_kept) interval.resamples = std::make_shared<const std::vector<double>>(values);
  std::sort(values.begin(), values.end());
  interval.low = Quantile(values, (1 - confidence) / 2);
  interval.high = Quantile(values, (1 + confidence) / 2);
  return interval;
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
  const bool is_kept = options.num_resamples <= kMaxKeptResamples &&
                       resamples.size() == static_cast<std::size_t>(options.num_resamples);
  std::vector<Interval> intervals;
  if (resamples.empty()) return intervals;
  for (std::size_t f = 0; f < resamples[0].size(); ++f) {
    std::vector<double> values;
    for (const auto& resample : resamples) values.push_back(resample[f]);
    intervals.push_back(IntervalOf(std::move(values), options.confidence, is_kept));
  }
  return intervals;
}

std::optional<Interval> IntervalOfMean(const std::vector<const Interval*>& intervals, Draws draws,
                                       double confidence) {
  std::vector<const std::vector<double>*> sets;
  for (const Interval* interval : intervals) {
    sets.push_back(interval->resamples.get());
    if (sets.back() == nullptr || sets.back()->size() != sets[0]->size()) return std::nullopt;
  }
  if (sets.empty()) return std::nullopt;
  // Sets as far apart as there are resamples would get the same shift, as if they shared their images.
  if (draws == Draws::kIndependent && sets.size() > sets[0]->size()) return std::nullopt;
  std::sort(sets.begin(), sets.end(), [](const auto* a, const auto* b) { return *a < *b; });
  std::vector<double> means(sets[0]->size());
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const std::size_t shift = draws == Draws::kIndependent ? s : 0;
    for (std::size_t i = 0; i < means.size(); ++i) {
      means[i] += (*sets[s])[(i + shift) % means.size()] / static_cast<double>(sets.size());
    }
  }
  return IntervalOf(std::move(means), confidence, false);
}

}  // namespace touchstone
