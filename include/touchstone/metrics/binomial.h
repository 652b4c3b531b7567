#pragma once

#include <cstdint>

#include "touchstone/metrics/metric.h"

namespace touchstone {

/// The share of `num_hits` in `num_trials` with its confidence interval, by E. B. Wilson, "Probable
/// Inference, the Law of Succession, and Statistical Inference", J. Am. Stat. Assoc. 22, 1927:
///
///     (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)
///
/// with p = num_hits / n, n = num_trials and z = 1.959964 for 95 %. Unlike p -+ z sqrt(p (1 - p) / n) it is
/// of use for small n and for p = 0 or 1. It takes the trials as independent: frames of one clip are not.
/// @param num_hits  <= num_trials. @return undefined, with the reason, where num_trials is 0.
Metric BinomialShare(std::uint64_t num_hits, std::uint64_t num_trials);

}  // namespace touchstone
