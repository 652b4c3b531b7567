#include <algorithm>
#include <cstdlib>

#include "png_filters.h"

namespace touchstone {
namespace {

// Whichever of the three is nearest to left + above - corner; at a tie the first.
int Paeth(int left, int above, int corner) {
  const int along_y = above - corner, along_x = left - corner;
  const int from_left = std::abs(along_y), from_above = std::abs(along_x);
  const int nearer = from_left <= from_above ? left : above;
  return std::abs(along_x + along_y) < std::min(from_left, from_above) ? corner : nearer;
}

// Adds to each byte what `predict` makes of its neighbours: (left, above, corner).
template <typename Predict>
void Restore(std::size_t samples, const std::uint8_t* above, std::size_t num_bytes, std::uint8_t* row,
             Predict predict) {
  for (std::size_t i = 0; i < num_bytes; ++i) {
    const bool is_first = i < samples;
    const int left = is_first ? 0 : row[i - samples], corner = is_first ? 0 : above[i - samples];
    row[i] = static_cast<std::uint8_t>(row[i] + predict(left, above[i], corner));
  }
}

}  // namespace

void UnfilterPortably(int filter, std::size_t samples, const std::uint8_t* above, std::size_t num_bytes,
                      std::uint8_t* row) {
  const auto restore = [&](auto predict) { Restore(samples, above, num_bytes, row, predict); };
  if (filter == 1) restore([](int left, int, int) { return left; });
  if (filter == 2) restore([](int, int up, int) { return up; });
  if (filter == 3) restore([](int left, int up, int) { return (left + up) / 2; });
  if (filter == 4) restore([](int left, int up, int corner) { return Paeth(left, up, corner); });
}

}  // namespace touchstone
