#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "touchstone/knn/distance.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

class DistanceBounds;

/// Exact k-nearest-neighbour search among rows so few that to compare all of them as they are costs less than
/// to make codes of a query (patch_search.h), and to fit a projection first: up to some 500.
///
/// The products of a query row with all rows, in bfloat16 where the CPU has tile registers for it and in
/// float32 where not, give a bound that no distance is below, by (4) of whole_rows.h or (5) of
/// knn/distance_bounds.h.
/// The k rows with the least bounds are measured (SquaredDistance), and of the others those whose bound does
/// not exceed the k-th distance so far. The same neighbours as PatchSearch finds. Cost: O(P * M * C) for the
/// products, O(C) for the few that are measured.
class FewRowsSearch {
 public:
  /// @param rows  [M x C], finite, M >= 1; must outlive the search.
  explicit FewRowsSearch(RowsView rows);
  ~FewRowsSearch();

  /// The k nearest rows of each query row, nearest first, of equal ones the lowest: [P * k].
  /// @param query   [P x C], finite. Its rows are searched in parallel (core/parallel.h).
  /// @param absent  [M] rows that are not 0 are passed over; null = none is. At least k must remain.
  std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const char* absent = nullptr) const;

 private:
  void Search(RowsView query, std::size_t k, const char* absent, Neighbor* nearest) const;
  void Measure(const float* query, float* bounds, std::size_t k, Neighbor* nearest) const;

  RowsView rows_;
  std::unique_ptr<const DistanceBounds> bounds_;
};

}  // namespace touchstone
