#include "touchstone/metrics/rocauc.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

void SortChecked(std::vector<double>& scores, const std::string& kind) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) {
      throw Error(ErrorCode::kNotFinite, "score " + std::to_string(i) + " of the " + kind +
                                             " images is NaN: must be a number; leave failed images out");
    }
  }
  std::sort(scores.begin(), scores.end());
}

}  // namespace

Metric Rocauc(std::vector<double> normal, std::vector<double> anomalous) {
  SortChecked(normal, "normal");
  SortChecked(anomalous, "anomalous");
  if (normal.empty()) return {std::nullopt, "no normal image"};
  if (anomalous.empty()) return {std::nullopt, "no anomalous image"};
  std::uint64_t half_wins = 0;  // in units of 1/2, so that ties stay integers
  auto below = normal.begin();
  auto not_above = normal.begin();
  for (const double score : anomalous) {
    while (below != normal.end() && *below < score) ++below;
    while (not_above != normal.end() && *not_above <= score) ++not_above;
    half_wins += static_cast<std::uint64_t>((below - normal.begin()) + (not_above - normal.begin()));
  }
  const double num_pairs = static_cast<double>(normal.size()) * static_cast<double>(anomalous.size());
  return {static_cast<double>(half_wins) / (2 * num_pairs), ""};
}

}  // namespace touchstone
