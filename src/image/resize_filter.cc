#include "resize_filter.h"

#include <algorithm>
#include <cmath>

namespace touchstone {

ResizeFilter MakeResizeFilter(int source, int target, int begin, int end) {
  const double scale = static_cast<double>(source) / target;
  const double stretch = std::max(scale, 1.0);
  // The order of operations is part of the result: Pillow multiplies by 1 / stretch.
  const double per_stretch = 1.0 / stretch;

  ResizeFilter filter;
  filter.stride = (static_cast<int>(std::ceil(stretch)) * 2 + 2) & ~1;
  filter.weights.assign(static_cast<std::size_t>(end - begin) * filter.stride, 0.0);
  for (int i = begin; i < end; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - stretch + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + stretch + 0.5), source);
    double* weights = filter.weights.data() + static_cast<std::size_t>(i - begin) * filter.stride;
    double sum = 0.0;
    for (int tap = 0; tap < last - first; ++tap) {
      weights[tap] = std::max(0.0, 1.0 - std::abs((tap + first - centre + 0.5) * per_stretch));
      sum += weights[tap];
    }
    for (int tap = 0; tap < last - first; ++tap) weights[tap] /= sum;
    filter.first.push_back(first);
    filter.num_taps.push_back(last - first);
  }
  return filter;
}

FixedWeights::FixedWeights(const ResizeFilter& filter)
    : whole(filter.weights.size()), low(filter.weights.size()), high(filter.weights.size()) {
  for (std::size_t i = 0; i < whole.size(); ++i) {
    whole[i] = static_cast<std::int32_t>(0.5 + filter.weights[i] * (1 << kWeightBits));
    low[i] = static_cast<std::int16_t>(whole[i] & ((1 << kLowWeightBits) - 1));
    high[i] = static_cast<std::int16_t>(whole[i] >> kLowWeightBits);
  }
}

}  // namespace touchstone
