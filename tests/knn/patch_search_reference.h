#pragma once

#include <algorithm>
#include <vector>

#include "touchstone/knn/distance.h"
#include "touchstone/knn/patch_search.h"

namespace touchstone {

/// The obvious search that PatchSearch must equal: every pair, sorted.
inline std::vector<PatchNeighbor> SearchPatchesReference(RowsView query, const std::vector<RowsView>& images,
                                                         std::size_t k) {
  std::vector<PatchNeighbor> result;
  for (std::size_t q = 0; q < query.rows; ++q) {
    std::vector<PatchNeighbor> all;
    for (std::size_t i = 0; i < images.size(); ++i) {
      for (std::size_t g = 0; g < images[i].rows; ++g) {
        all.push_back({SquaredDistance(query.row(q), images[i].row(g), query.cols),
                       static_cast<std::int32_t>(i), static_cast<std::int32_t>(g)});
      }
    }
    std::sort(all.begin(), all.end(), [](const PatchNeighbor& a, const PatchNeighbor& b) {
      if (a.squared_distance != b.squared_distance) return a.squared_distance < b.squared_distance;
      return a.image != b.image ? a.image < b.image : a.location < b.location;
    });
    result.insert(result.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return result;
}

}  // namespace touchstone
