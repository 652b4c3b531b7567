#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"

namespace touchstone {

using Random = std::mt19937_64;

/// Draws `count` of `count` things with replacement. @return [count] how often each was drawn.
std::vector<std::uint32_t> DrawAnew(std::size_t count, Random& random);

/// The interval of each figure over many resamples.
///
/// @param figures  draws one resample and gives its figures, always in the same order; none where they are
///                 undefined for it, and then it does not count. Called from several threads at once.
/// @return one per figure, with its resamples where none was left out and they are not too many; empty if no
/// resample had figures, or none were asked for.
std::vector<Interval> PercentileIntervals(const BootstrapOptions& options,
                                          const std::function<std::vector<double>(Random&)>& figures);

}  // namespace touchstone
