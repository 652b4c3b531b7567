#include "touchstone/methods/fusion.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace touchstone {
namespace {

// Where an output coordinate reads: in[low] * (1 - fraction) + in[high] * fraction.
struct Tap {
  int low;
  int high;
  float fraction;
};

std::vector<Tap> Taps(int in, int out) {
  std::vector<Tap> taps(out);
  for (int i = 0; i < out; ++i) {
    const double position = std::max(0.0, (i + 0.5) * in / out - 0.5);
    const int low = std::min(static_cast<int>(position), in - 1);
    taps[i] = {low, std::min(low + 1, in - 1), static_cast<float>(position - low)};
  }
  return taps;
}

// Writes `level`, resized to the grid of `out`, into channels [first, first + C) of `out`.
void PlaceLevel(const FeatureMap& level, int first, FeatureMap* out) {
  const int channels = level.shape.channels;
  const std::vector<Tap> xs = Taps(level.shape.width, out->shape.width);
  const std::vector<Tap> ys = Taps(level.shape.height, out->shape.height);
  const std::size_t row_size = static_cast<std::size_t>(level.shape.width) * channels;
  std::vector<float> blended(row_size);  // one row of the level between two of its rows
  for (int y = 0; y < out->shape.height; ++y) {
    const float* upper = level.values.data() + ys[y].low * row_size;
    const float* lower = level.values.data() + ys[y].high * row_size;
    const float fy = ys[y].fraction;
    for (std::size_t i = 0; i < row_size; ++i) blended[i] = upper[i] + (lower[i] - upper[i]) * fy;
    for (int x = 0; x < out->shape.width; ++x) {
      const float* left = blended.data() + static_cast<std::size_t>(xs[x].low) * channels;
      const float* right = blended.data() + static_cast<std::size_t>(xs[x].high) * channels;
      const float fx = xs[x].fraction;
      float* target = out->row(static_cast<std::size_t>(y) * out->shape.width + x) + first;
      for (int c = 0; c < channels; ++c) target[c] = left[c] + (right[c] - left[c]) * fx;
    }
  }
}

}  // namespace

FeatureMap FuseLevels(const std::vector<FeatureMap>& levels) {
  if (levels.empty()) throw std::logic_error("FuseLevels: no levels");
  FeatureMap fused;
  fused.shape = {levels[0].shape.height, levels[0].shape.width, 0};
  for (const FeatureMap& level : levels) fused.shape.channels += level.shape.channels;
  fused.values.resize(fused.shape.num_values());
  int first = 0;
  for (const FeatureMap& level : levels) {
    PlaceLevel(level, first, &fused);
    first += level.shape.channels;
  }
  return fused;
}

}  // namespace touchstone
