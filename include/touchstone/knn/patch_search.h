#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/knn/distance.h"
#include "touchstone/knn/projection.h"

namespace touchstone {

/// One gallery row that a query row was matched with.
struct PatchNeighbor {
  float squared_distance = 0;
  std::int32_t image = 0;     ///< the number given to AddImage
  std::int32_t location = 0;  ///< row within that image
};

/// Exact k-nearest-neighbour search of every row of a query among the rows of many images:
///
///     N_k(q) = the k rows g, over all images added, with the smallest ||q - g||^2   [SPADE, Eq. 3]
///
/// Exact: for each image, the lower bound of projection.h is computed for every pair (a matrix
/// product over m + 1 instead of C numbers) and only pairs whose bound, less its rounding slack,
/// does not exceed the query's current k-th best distance are looked at; their distance is the
/// direct difference (SquaredDistance). A pair that is passed over is therefore farther than k
/// rows already found. The result does not depend on the order of the images, nor on threads:
/// neighbours are ordered by (squared_distance, image, location).
///
/// Cost: O(P * G * m) for bounds and O(C) for each pair looked at: about one per cent of them on real
/// features when near images come first. Where the bound lets too many through (a query unlike
/// everything in the gallery), the next images are compared by a product over all C numbers instead,
/// which costs O(P * G * C) and lets through little but improvements. Memory: O(P * (C + k) + G * C).
class PatchSearch {
 public:
  /// @param query       [P x C], finite; must outlive the search.
  /// @param projection  made for C channels; must outlive the search.
  /// @param k           neighbours wanted, >= 1. @throws Error kOption otherwise.
  PatchSearch(RowsView query, const Projection& projection, std::size_t k);

  /// Searches one more image. Add images that are likely near first: it only makes things faster.
  /// @param rows   [G x C] the image's features; row i and query row i are the same place of the
  ///               picture where G = P (a hint: those are compared first).
  /// @param codes  Encode(projection, rows).
  /// Query rows are searched in parallel (core/parallel.h).
  void AddImage(RowsView rows, const Codes& codes, std::int32_t image);

  /// The k nearest of every query row: [P x k], nearest first.
  /// @throws Error kOption if fewer than k rows were added.
  std::vector<PatchNeighbor> Result() const;

  /// Pairs whose true distance was computed so far (for benchmarks).
  std::uint64_t num_exact() const;

 private:
  /// The query in one kind of code, row-major.
  struct QueryCodes {
    std::vector<float> values;   ///< [P x dims]
    std::vector<float> offsets;  ///< Codes::offsets, [P]
  };
  struct GalleryImage {
    RowsView rows;
    const Codes& codes;
    std::int32_t image;
  };
  static QueryCodes RowMajor(const Codes& codes);
  /// Searches one image for one stretch of query rows. @return the number of pairs looked at.
  std::uint64_t SearchTask(std::size_t task, const QueryCodes& query, const GalleryImage& gallery);
  bool AnyTaskWantsWhole() const;

  RowsView query_;
  const Projection* projection_;
  std::size_t k_;
  QueryCodes short_, whole_;              ///< whole_ is empty until it is needed
  std::vector<PatchNeighbor> best_;       ///< [P x k], nearest first; infinitely far while unfilled
  std::vector<std::uint64_t> num_exact_;  ///< pairs looked at, of each task
  std::vector<char> wants_whole_;         ///< whether the short codes told too little, of each task
  std::size_t num_images_added_ = 0, num_rows_added_ = 0;
};

}  // namespace touchstone
