#include "touchstone/knn/blocks.h"

#include <algorithm>
#include <stdexcept>

#include "knn/kernels.h"

namespace touchstone {
namespace {

constexpr std::size_t kBlock = RowBlocks::kBlock;
static_assert(kBlock == kKernelBlock, "the layout is the kernel's");

constexpr std::size_t kTurnedAtOnce = 16;  // a cache line of a block is written at once

// One block of 32 rows from `first` on, centred and turned: out [C x 32], zero where there are no rows.
// @param scratch  [kTurnedAtOnce x C]
void CentreAndTurn(const RowSource& rows, std::size_t first, const float* centre, float* scratch,
                   float* out) {
  const std::size_t count = std::min(kBlock, rows.rows() - first), cols = rows.cols();
  for (std::size_t j = 0; j < count; j += kTurnedAtOnce) {
    const std::size_t num_rows = std::min(kTurnedAtOnce, count - j);
    const float* values[kTurnedAtOnce];
    for (std::size_t r = 0; r < num_rows; ++r) values[r] = rows.Row(first + j + r, scratch + r * cols);
    for (std::size_t c = 0; c < cols; ++c) {
      for (std::size_t r = 0; r < num_rows; ++r) out[c * kBlock + j + r] = values[r][c] - centre[c];
    }
  }
}

}  // namespace

RowBlocks MakeRowBlocks(const RowSource& rows, const float* centre) {
  RowBlocks made{rows.rows(), rows.cols(), {}};
  made.values.resize(made.num_blocks() * kBlock * made.cols);
  std::vector<float> scratch(kTurnedAtOnce * made.cols);
  for (std::size_t block = 0; block < made.num_blocks(); ++block) {
    CentreAndTurn(rows, block * kBlock, centre, scratch.data(),
                  made.values.data() + block * kBlock * made.cols);
  }
  return made;
}

void MultiplyBlocks(RowsView rows, const RowBlocks& blocks, float* out) {
  if (rows.cols != blocks.cols) throw std::logic_error("MultiplyBlocks: rows of another length");
  for (std::size_t block = 0; block < blocks.num_blocks(); ++block) {
    MultiplyBlock(rows.data, rows.rows, rows.cols, blocks.values.data() + block * kBlock * blocks.cols,
                  out + block * rows.rows * kBlock);
  }
}

}  // namespace touchstone
