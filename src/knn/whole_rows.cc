#include "touchstone/knn/whole_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "knn/kernels.h"

namespace touchstone {
namespace {

constexpr std::size_t kBlock = WholeRows::kBlock;
static_assert(kBlock == kKernelBlock, "the layout is the kernel's");

constexpr std::size_t kTurnedAtOnce = 16;  // a cache line of a block is written at once

// One block of 32 rows from `first` on, centred and turned: out [C x 32]; missing rows are zero.
// @param scratch  [kTurnedAtOnce x C]
void CentreAndTurn(const RowSource& rows, std::size_t first, const float* centre, float* scratch,
                   float* out) {
  const std::size_t count = std::min(kBlock, rows.rows() - first), cols = rows.cols();
  std::fill(out, out + cols * kBlock, 0.0F);
  for (std::size_t j = 0; j < count; j += kTurnedAtOnce) {
    const std::size_t num_rows = std::min(kTurnedAtOnce, count - j);
    const float* values[kTurnedAtOnce];
    for (std::size_t r = 0; r < num_rows; ++r) values[r] = rows.Row(first + j + r, scratch + r * cols);
    for (std::size_t c = 0; c < cols; ++c) {
      for (std::size_t r = 0; r < num_rows; ++r) out[c * kBlock + j + r] = values[r][c] - centre[c];
    }
  }
}

// Adds the squared length of each of the 32 columns of a [depth x 32] block, in double.
void AddSquaredLengths(const float* block, std::size_t depth, double* lengths) {
  for (std::size_t d = 0; d < depth; ++d) {
    for (std::size_t j = 0; j < kBlock; ++j) {
      const double value = block[d * kBlock + j];
      lengths[j] += value * value;
    }
  }
}

}  // namespace

double WholeRowsSlack(std::size_t num_channels) {
  return 8 * (static_cast<double>(num_channels) + 8) * std::ldexp(1.0, -24);
}

WholeRows MakeWholeRows(const Projection& projection, const RowSource& rows) {
  const double slack = WholeRowsSlack(rows.cols());
  WholeRows made;
  made.rows = rows.rows();
  made.cols = rows.cols();
  const std::size_t num_blocks = (made.rows + kBlock - 1) / kBlock;
  made.values.resize(num_blocks * kBlock * made.cols);
  made.offsets.assign(num_blocks * kBlock, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> scratch(kTurnedAtOnce * made.cols);
  for (std::size_t block = 0; block < num_blocks; ++block) {
    float* values = made.values.data() + block * kBlock * made.cols;
    CentreAndTurn(rows, block * kBlock, projection.centre.data(), scratch.data(), values);
    double whole[kBlock] = {};
    AddSquaredLengths(values, made.cols, whole);
    for (std::size_t j = 0; j < std::min(kBlock, made.rows - block * kBlock); ++j) {
      CheckSquaredLength(whole[j]);
      made.offsets[block * kBlock + j] = static_cast<float>((1 - slack) * whole[j] / 2);
    }
  }
  return made;
}

}  // namespace touchstone
