#include "touchstone/knn/few_rows.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr std::size_t kQueriesPerTask = 64;
constexpr std::size_t kBlock = WholeRows::kBlock;
constexpr float kNever = std::numeric_limits<float>::infinity();  // the bound of what is not to be measured

std::vector<float> MeanOf(RowsView rows) {
  std::vector<double> sums(rows.cols);
  for (std::size_t row = 0; row < rows.rows; ++row) {
    for (std::size_t c = 0; c < rows.cols; ++c) sums[c] += static_cast<double>(rows.row(row)[c]);
  }
  std::vector<float> mean;
  for (const double sum : sums) mean.push_back(static_cast<float>(sum / static_cast<double>(rows.rows)));
  return mean;
}

// out = row - centre. @return its squared length.
double Centre(const float* row, const float* centre, std::size_t size, float* out) {
  constexpr std::size_t kSums = 16;  // side by side, for vector instructions
  double sums[kSums] = {};
  for (std::size_t i = 0; i < size; ++i) out[i] = row[i] - centre[i];
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t s = 0; s < kSums; ++s) sums[s] += static_cast<double>(out[i + s]) * out[i + s];
  }
  for (; i < size; ++i) sums[0] += static_cast<double>(out[i]) * out[i];
  return std::accumulate(sums, sums + kSums, 0.0);
}

bool Nearer(const Neighbor& a, const Neighbor& b) {
  return a.squared_distance != b.squared_distance ? a.squared_distance < b.squared_distance : a.row < b.row;
}

}  // namespace

FewRowsSearch::FewRowsSearch(RowsView rows) : rows_(rows) {
  if (rows.rows < 1) throw std::logic_error("FewRowsSearch: no rows");
  projection_.num_channels = rows.cols;
  projection_.centre = MeanOf(rows);
  whole_ = MakeWholeRows(projection_, MatrixRows(rows));
}

std::vector<Neighbor> FewRowsSearch::Nearest(RowsView query, std::size_t k, const char* absent) const {
  const auto num_absent =
      absent == nullptr ? 0 : std::count_if(absent, absent + rows_.rows, [](char is) { return is != 0; });
  if (query.cols != rows_.cols || k < 1 || k + static_cast<std::size_t>(num_absent) > rows_.rows) {
    throw std::logic_error("FewRowsSearch: a query of other channels, or fewer rows than are asked for");
  }
  std::vector<Neighbor> nearest(query.rows * k);
  ParallelFor((query.rows + kQueriesPerTask - 1) / kQueriesPerTask, [&](std::size_t task) {
    const std::size_t first = task * kQueriesPerTask;
    const RowsView part{query.row(first), std::min(kQueriesPerTask, query.rows - first), query.cols};
    Search(part, k, absent, nearest.data() + first * k);
  });
  return nearest;
}

void FewRowsSearch::Search(RowsView query, std::size_t k, const char* absent, Neighbor* nearest) const {
  const double slack = WholeRowsSlack(query.cols);
  std::vector<float> centred(query.rows * query.cols), offsets(query.rows);
  for (std::size_t q = 0; q < query.rows; ++q) {
    const double length =
        Centre(query.row(q), projection_.centre.data(), query.cols, centred.data() + q * query.cols);
    CheckSquaredLength(length);
    offsets[q] = static_cast<float>((1 - slack) * length / 2);
  }
  const std::size_t num_blocks = whole_.blocks.num_blocks();
  std::vector<float> products(num_blocks * query.rows * kBlock);  // [blocks x query x 32]
  MultiplyBlocks({centred.data(), query.rows, query.cols}, whole_.blocks, products.data());
  std::vector<float> bounds(num_blocks * kBlock);
  for (std::size_t q = 0; q < query.rows; ++q) {
    for (std::size_t b = 0; b < num_blocks; ++b) {
      const float* of_block = products.data() + (b * query.rows + q) * kBlock;
      for (std::size_t j = 0; j < kBlock; ++j) {
        bounds[b * kBlock + j] = 2 * (whole_.offsets[b * kBlock + j] + (offsets[q] - of_block[j]));
      }
    }
    for (std::size_t row = 0; absent != nullptr && row < rows_.rows; ++row) {
      if (absent[row] != 0) bounds[row] = kNever;
    }
    Measure(query.row(q), bounds.data(), k, nearest + q * k);
  }
}

void FewRowsSearch::Measure(const float* query, float* bounds, std::size_t k, Neighbor* nearest) const {
  Neighbor* const end = nearest + k;
  const auto measured = [&](std::size_t row) -> Neighbor {
    bounds[row] = kNever;
    return {row, SquaredDistance(query, rows_.row(row), rows_.cols)};
  };
  for (Neighbor* place = nearest; place != end; ++place) {
    *place = measured(static_cast<std::size_t>(std::min_element(bounds, bounds + rows_.rows) - bounds));
  }
  std::sort(nearest, end, Nearer);
  for (std::size_t row = 0; row < rows_.rows; ++row) {
    if (bounds[row] > end[-1].squared_distance) continue;
    const Neighbor found = measured(row);
    if (!Nearer(found, end[-1])) continue;
    Neighbor* place = std::lower_bound(nearest, end, found, Nearer);
    std::move_backward(place, end - 1, end);
    *place = found;
  }
}

}  // namespace touchstone
