#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

// Where one output lies between two source values of an axis.
struct Between {
  int first = 0;
  int second = 0;
  float nearness = 0.0F;  ///< of the second; 0 = on the first
};

// Two weights that are rounded apart would give equal values a result that is not theirs.
float Blend(float first, float second, float nearness) { return first + (second - first) * nearness; }

std::vector<Between> MakeAxis(int source, int target) {
  std::vector<Between> axis(target);
  for (int i = 0; i < target; ++i) {
    const double position = std::max(0.0, (i + 0.5) * source / target - 0.5);
    const int first = std::min(static_cast<int>(position), source - 1);
    const auto nearness = static_cast<float>(position - first);
    axis[i] = {first, std::min(first + 1, source - 1), nearness};
  }
  return axis;
}

void StretchRow(const float* row, const std::vector<Between>& axis, std::vector<float>& out) {
  for (std::size_t i = 0; i < axis.size(); ++i) {
    out[i] = Blend(row[axis[i].first], row[axis[i].second], axis[i].nearness);
  }
}

void CheckTarget(Size target) {
  if (target.width < 1 || target.height < 1) throw std::logic_error("resize of a map: target without pixels");
}

std::vector<int> NearestAxis(int source, int target) {
  std::vector<int> axis(target);
  for (std::int64_t i = 0; i < target; ++i) {
    axis[i] = static_cast<int>((2 * i + 1) * source / (2 * static_cast<std::int64_t>(target)));
  }
  return axis;
}

}  // namespace

ScoreMap ResizeMap(const ScoreMap& map, Size target) {
  CheckTarget(target);
  if (map.size == target) return map;
  const std::vector<Between> across = MakeAxis(map.size.width, target.width);
  const std::vector<Between> down = MakeAxis(map.size.height, target.height);
  ScoreMap result;
  result.size = target;
  result.values.resize(static_cast<std::size_t>(target.width) * target.height);
  // The two stretched rows around the output row; upscaling uses each several times.
  std::vector<float> upper(target.width);
  std::vector<float> lower(target.width);
  int upper_row = -1;
  int lower_row = -1;
  for (int y = 0; y < target.height; ++y) {
    const Between& at = down[y];
    if (upper_row != at.first && lower_row == at.first) {
      std::swap(upper, lower);
      std::swap(upper_row, lower_row);
    }
    const auto stretch = [&](int row, int& held_row, std::vector<float>& held) {
      if (held_row == row) return;
      StretchRow(map.values.data() + static_cast<std::size_t>(row) * map.size.width, across, held);
      held_row = row;
    };
    stretch(at.first, upper_row, upper);
    stretch(at.second, lower_row, lower);
    float* out = result.values.data() + static_cast<std::size_t>(y) * target.width;
    for (int x = 0; x < target.width; ++x) out[x] = Blend(upper[x], lower[x], at.nearness);
  }
  return result;
}

Mask ResizeMaskNearest(const Mask& mask, Size target) {
  CheckTarget(target);
  const std::vector<int> across = NearestAxis(mask.size.width, target.width);
  const std::vector<int> down = NearestAxis(mask.size.height, target.height);
  Mask result;
  result.size = target;
  result.values.reserve(static_cast<std::size_t>(target.width) * target.height);
  for (int y = 0; y < target.height; ++y) {
    const std::uint8_t* row = mask.values.data() + static_cast<std::size_t>(down[y]) * mask.size.width;
    for (const int x : across) result.values.push_back(row[x]);
  }
  return result;
}

}  // namespace touchstone
