#include "touchstone/knn/whole_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace touchstone {
namespace {

constexpr std::size_t kBlock = WholeRows::kBlock;

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
  WholeRows made{MakeRowBlocks(rows, projection.centre.data()), {}};
  made.offsets.assign(made.blocks.num_blocks() * kBlock, std::numeric_limits<float>::quiet_NaN());
  for (std::size_t first = 0; first < made.blocks.rows; first += kBlock) {
    double whole[kBlock] = {};
    AddSquaredLengths(made.blocks.values.data() + first * made.blocks.cols, made.blocks.cols, whole);
    for (std::size_t j = 0; j < std::min(kBlock, made.blocks.rows - first); ++j) {
      CheckSquaredLength(whole[j]);
      made.offsets[first + j] = static_cast<float>((1 - slack) * whole[j] / 2 - WholeRows::kLeast);
    }
  }
  return made;
}

}  // namespace touchstone
