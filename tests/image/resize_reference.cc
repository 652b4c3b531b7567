#include "resize_reference.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace touchstone {
namespace {

// One output value along one axis; value(x) is the source.
std::uint8_t Filtered(int source, int target, int i, const std::function<int(int)>& value) {
  if (source == target) return static_cast<std::uint8_t>(value(i));
  const double s = static_cast<double>(source) / target;
  const double t = std::max(s, 1.0);
  const double centre = (i + 0.5) * s;
  const int begin = std::max(0, static_cast<int>(centre - t + 0.5));
  const int end = std::min(source, static_cast<int>(centre + t + 0.5));
  const auto weight = [&](int x) { return std::max(0.0, 1.0 - std::fabs((x + 0.5 - centre) / t)); };
  double total = 0.0;
  for (int x = begin; x < end; ++x) total += weight(x);
  std::int64_t sum = 1 << 21;
  for (int x = begin; x < end; ++x) sum += std::llround(weight(x) / total * (1 << 22)) * value(x);
  return static_cast<std::uint8_t>(std::min<std::int64_t>(255, sum >> 22));
}

}  // namespace

std::vector<std::uint8_t> ResizeAntialiasedReference(const PixelView<std::uint8_t>& source, Size target) {
  const auto at = [&](int x, int y, int c) {
    return source.values[(static_cast<std::size_t>(y) * source.size.width + x) * source.channels + c];
  };
  std::vector<std::uint8_t> result;
  for (int y = 0; y < target.height; ++y) {
    for (int x = 0; x < target.width; ++x) {
      for (int c = 0; c < source.channels; ++c) {
        result.push_back(Filtered(source.size.height, target.height, y, [&](int row) {
          return Filtered(source.size.width, target.width, x, [&](int column) { return at(column, row, c); });
        }));
      }
    }
  }
  return result;
}

}  // namespace touchstone
