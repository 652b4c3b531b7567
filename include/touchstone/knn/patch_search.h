#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/knn/codes.h"
#include "touchstone/knn/projection.h"
#include "touchstone/knn/rows.h"
#include "touchstone/knn/tail_distances.h"
#include "touchstone/knn/whole_rows.h"

namespace touchstone {

/// One gallery row that a query row was matched with.
struct PatchNeighbor {
  float squared_distance = 0;
  std::int32_t image = 0;     ///< the number given to AddImage
  std::int32_t location = 0;  ///< row within that image
};

/// Pairs of rows that each step of a search dealt with (for benchmarks).
struct SearchCounts {
  std::uint64_t pairs = 0;     ///< all of them
  std::uint64_t scanned = 0;   ///< short codes compared: of leaves that are not ruled out, or of all rows
  std::uint64_t refined = 0;   ///< let through by the short codes: long codes compared
  std::uint64_t measured = 0;  ///< let through by the long codes too: looked at
  std::uint64_t by_head = 0;   ///< of those, ruled out by the head's distance and the tail's bound
  SearchCounts& operator+=(const SearchCounts& other);
};

/// Exact k-nearest-neighbour search of every row of a query among the rows of many images:
///
///     N_k(q) = the k rows g, over all images added, with the smallest ||q - g||^2   [SPADE, Eq. 3]
///
/// Exact: of each pair the bound (3) of codes.h is tested, on leaves (if codes have them), short codes and
/// long ones, with d the query's current k-th best distance. What passes all is looked at: its distance is
/// the direct difference (SquaredDistance), unless those of the heads alone and what the tails add at least
/// (TailDistances) exceed d already. A pair that is passed over is therefore farther than k rows already
/// found. The result does not depend on the order of the images, nor on threads: neighbours are ordered by
/// (squared_distance, image, location).
///
/// Cost: O(P * G / 16 * m) byte operations for leaves, O(m) for pairs of those that are left (of all pairs
/// where codes are for tile registers), O(M) for the few per cent that pass the short codes on real features,
/// O(C) for the few in a thousand or less that pass all. Where codes let too much through (a query unlike
/// everything in the gallery), the next images are compared by a float product over all C numbers instead,
/// which costs O(P * G * C) and lets through little but improvements. Memory: O(P * (C + k)), and what a
/// tail's products take.
class PatchSearch {
 public:
  /// @param query       [P x C], finite; must outlive the search.
  /// @param codes       EncodeQuery(projection, query).
  /// @param projection  made for C channels; must outlive the search.
  /// @param k           neighbours wanted, >= 1. @throws Error kOption otherwise.
  PatchSearch(RowsView query, QueryCodes codes, const Projection& projection, std::size_t k);
  PatchSearch(RowsView query, const Projection& projection, std::size_t k);  ///< encodes the query itself

  /// Searches one more image. Add images that are likely near first: it only makes things faster.
  /// @param rows   [G x C] the image's features; row i and query row i are the same place of the
  ///               picture where G = P (a hint: of a first image those and the rows beside them are
  ///               compared first).
  /// @param codes  Encode(projection, rows).
  /// @param absent [G] rows that are not 0 are passed over; null = none is.
  /// @param tail   of the query's rows and these; null = there is none. Prepared where the image before had
  ///               pairs enough to look at.
  /// Query rows are searched in parallel (core/parallel.h).
  void AddImage(const RowSource& rows, const Codes& codes, std::int32_t image, const char* absent = nullptr,
                TailDistances* tail = nullptr);

  /// The k nearest of every query row: [P x k], nearest first.
  /// @throws Error kOption if fewer than k rows were added.
  std::vector<PatchNeighbor> Result() const;

  SearchCounts counts() const;

 private:
  struct Gallery {
    const RowSource& rows;
    const Codes& codes;
    std::int32_t image;
    const char* absent;
    const TailDistances* tail;
  };
  class WholeGallery;
  class Task;
  void SearchImage(const Gallery& gallery);
  void SearchTask(std::size_t task, const Gallery& gallery, WholeGallery* whole);

  static constexpr std::size_t kQueriesPerTask = 64;

  RowsView query_;
  const Projection* projection_;
  std::size_t k_;
  float rounding_;  ///< factor for what SquaredDistance may round
  QueryCodes codes_;
  std::vector<PatchNeighbor> best_;            ///< [P x k], nearest first; infinitely far while unfilled
  std::vector<float> reaches_, long_reaches_;  ///< [P], how far codes may be from each other, in steps
  std::vector<SearchCounts> counts_;           ///< of each task
  std::vector<char> wants_whole_;              ///< whether the codes told too little, of each task
  std::size_t num_images_added_ = 0, num_rows_added_ = 0;
  std::uint64_t measured_of_last_image_ = 0;
};

}  // namespace touchstone
