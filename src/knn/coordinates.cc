#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/projection.h"

namespace touchstone {

void CheckSquaredLength(double squared_length) {
  if (squared_length < 1e36) return;
  char text[32];
  std::snprintf(text, sizeof text, "%g", squared_length);
  throw Error(ErrorCode::kNotFinite,
              std::string("features are not finite or too large: a squared length is ") + text +
                  ", the limit is 1e36; use another extractor");
}

namespace {

constexpr std::size_t kBlock = kKernelBlock;
constexpr std::size_t kRowsAtOnce = 64;

// Channels first_channel .. first_channel + channels of the directions, in blocks of 32 directions:
// [blocks x channels x 32], filled up with zeros.
std::vector<float> InBlocks(const Projection& projection, std::size_t first_channel, std::size_t channels) {
  const std::size_t dims = projection.num_directions, num_blocks = (dims + kBlock - 1) / kBlock;
  std::vector<float> blocks(num_blocks * channels * kBlock);
  for (std::size_t d = 0; d < dims; ++d) {
    const float* direction = projection.directions.data() + d * projection.num_channels + first_channel;
    float* block = blocks.data() + d / kBlock * channels * kBlock + d % kBlock;
    for (std::size_t c = 0; c < channels; ++c) block[c * kBlock] = direction[c];
  }
  return blocks;
}

// out = row - centre. @return its squared length.
double Centre(const float* row, const float* centre, std::size_t size, float* out) {
  constexpr std::size_t kSums = 8;  // side by side, for vector instructions
  double sums[kSums] = {};
  const auto add = [&](std::size_t i, double* sum) {
    out[i] = row[i] - centre[i];
    *sum += static_cast<double>(out[i]) * out[i];
  };
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t s = 0; s < kSums; ++s) add(i + s, &sums[s]);
  }
  for (; i < size; ++i) add(i, &sums[0]);
  return std::accumulate(sums, sums + kSums, 0.0);
}

}  // namespace

Coordinates ProjectPart(const Projection& projection, std::size_t first_channel, const RowSource& rows) {
  const std::size_t channels = rows.cols(), dims = projection.num_directions;
  const std::vector<float> directions = InBlocks(projection, first_channel, channels);
  const float* centre = projection.centre.data() + first_channel;
  Coordinates made;
  made.rows = rows.rows();
  made.dims = dims;
  made.values.resize(made.rows * dims);
  made.squared_lengths.resize(made.rows);
  made.scales.resize(made.rows);
  ParallelFor((made.rows + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t task) {
    const std::size_t first = task * kRowsAtOnce, count = std::min(kRowsAtOnce, made.rows - first);
    std::vector<float> scratch(channels), centred(count * channels), products(count * kBlock);
    for (std::size_t r = 0; r < count; ++r) {
      const double length =
          Centre(rows.Row(first + r, scratch.data()), centre, channels, centred.data() + r * channels);
      made.squared_lengths[first + r] = length;
    }
    for (std::size_t d = 0; d < dims; d += kBlock) {
      MultiplyBlock(centred.data(), count, channels, directions.data() + d * channels, products.data());
      const std::size_t width = std::min(kBlock, dims - d);
      for (std::size_t r = 0; r < count; ++r) {
        std::copy_n(products.data() + r * kBlock, width, made.values.data() + (first + r) * dims + d);
      }
    }
  });
  for (std::size_t r = 0; r < made.rows; ++r) {  // the first row that is too long is the one named
    CheckSquaredLength(made.squared_lengths[r]);
    made.scales[r] = static_cast<float>(std::sqrt(made.squared_lengths[r]) * 1.0001);
  }
  return made;
}

Coordinates Project(const Projection& projection, const RowSource& rows) {
  return ProjectPart(projection, 0, rows);
}

Coordinates RowSource::ProjectAll(const Projection& projection) const { return Project(projection, *this); }

}  // namespace touchstone
