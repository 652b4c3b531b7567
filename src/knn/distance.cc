#include "touchstone/knn/distance.h"

#include <algorithm>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"

namespace touchstone {

float SquaredDistance(const float* a, const float* b, std::size_t size) {
  return SquaredDistanceKernel(a, b, size);
}

std::vector<Neighbor> NearestRows(const float* query, RowsView rows, std::size_t k) {
  if (k < 1 || k > rows.rows) {
    throw Error(ErrorCode::kOption, "k = " + std::to_string(k) +
                                        ": must be between 1 and the number of rows, " +
                                        std::to_string(rows.rows));
  }
  std::vector<Neighbor> all(rows.rows);
  for (std::size_t r = 0; r < rows.rows; ++r) all[r] = {r, SquaredDistance(query, rows.row(r), rows.cols)};
  const auto nearer = [](const Neighbor& a, const Neighbor& b) {
    return a.squared_distance != b.squared_distance ? a.squared_distance < b.squared_distance : a.row < b.row;
  };
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end(), nearer);
  all.resize(k);
  return all;
}

}  // namespace touchstone
