#include "touchstone/metrics/binomial.h"

#include <algorithm>
#include <cmath>

namespace touchstone {

Metric BinomialShare(std::uint64_t num_hits, std::uint64_t num_trials) {
  if (num_trials == 0) return {std::nullopt, "there are none"};
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(num_trials);
  const double p = static_cast<double>(num_hits) / n;
  // (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)
  const double middle = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {p, "", Interval{std::max(0.0, (middle - half) / scale), std::min(1.0, (middle + half) / scale)}};
}

}  // namespace touchstone
