#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "touchstone/metrics/metric.h"

namespace touchstone {

/// How confidence intervals are made: the percentile bootstrap [B. Efron, "Bootstrap Methods: Another Look at
/// the Jackknife", Annals of Statistics 7 (1979)]. The test images are drawn anew, with replacement, as many
/// normal and as many anomalous ones as there are; the interval lies between the (1 - confidence) / 2
/// and the (1 + confidence) / 2 quantile of a figure over all draws (straight lines between order
/// statistics). It says how far a figure may change with other images of the same kind; not more, and with a
/// handful of images too little.
struct BootstrapOptions {
  int num_resamples = 0;     ///< 0 = no intervals; 1000 is usual
  double confidence = 0.95;  ///< in (0, 1)
  std::uint64_t seed = 0;    ///< the same seed gives the same intervals, for any number of threads
};

/// Up to so many resamples are kept with an interval, for intervals of means.
inline constexpr int kMaxKeptResamples = 10000;

/// How the images of several sets were drawn, all sets from one seed.
enum class Draws {
  kTogether,    ///< the sets share images: draw i of one is draw i of all
  kIndependent  ///< they share none: draw i of one goes with draw i + 1, i + 2, ... of the others
};

/// The interval of the mean of a figure over several sets of images: draw by draw the mean of what the sets
/// gave. It depends on neither their names nor their order.
/// @param intervals  of the sets, made with the same options.
/// @return nothing where there is no set, where one of them has kept no resamples, or other numbers of them,
/// and where there are more independent sets than resamples, so that two of them would be drawn together.
std::optional<Interval> IntervalOfMean(const std::vector<const Interval*>& intervals, Draws draws,
                                       double confidence);

}  // namespace touchstone
