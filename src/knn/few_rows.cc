#include "touchstone/knn/few_rows.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "knn/cpu_choice.h"
#include "knn/distance_bounds.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr std::size_t kQueriesPerTask = DistanceBounds::kMostQueries;
constexpr float kNever = std::numeric_limits<float>::infinity();  // the bound of what is not to be measured

bool Nearer(const Neighbor& a, const Neighbor& b) {
  return a.squared_distance != b.squared_distance ? a.squared_distance < b.squared_distance : a.row < b.row;
}

}  // namespace

FewRowsSearch::FewRowsSearch(RowsView rows) : rows_(rows) {
  if (rows.rows < 1) throw std::logic_error("FewRowsSearch: no rows");
  bounds_ = UseBfloatTiles() ? MakeTileBounds(rows) : MakeFloatBounds(rows);
}

FewRowsSearch::~FewRowsSearch() = default;

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
  std::vector<float> bounds(query.rows * bounds_->stride());
  bounds_->Bound(query, bounds.data());
  for (std::size_t q = 0; q < query.rows; ++q) {
    float* of_query = bounds.data() + q * bounds_->stride();
    for (std::size_t row = 0; absent != nullptr && row < rows_.rows; ++row) {
      if (absent[row] != 0) of_query[row] = kNever;
    }
    Measure(query.row(q), of_query, k, nearest + q * k);
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
