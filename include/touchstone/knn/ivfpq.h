#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "touchstone/knn/distance.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Rows of C numbers compressed to P bytes and a list number each, for a search that finds nearly the
/// nearest: H. Jégou, M. Douze, C. Schmid, "Product Quantization for Nearest Neighbor Search", IEEE TPAMI
/// 33(1), 2011 (IVFADC). A row x is taken for
///
///     x  ~  c_l + (w_1, .., w_P),    l = argmin_l ||x - c_l||,   w_p = argmin_w ||(x - c_l)_p - w||     (1)
///
/// with L centres c, and 256 codewords for each of P parts of C / P numbers. As PatchCore's authors have it:
/// L = 512, P = 64; L is at most a 39th of the rows, P the largest divisor of C that is not above 64.
struct IvfPqCodes {
  std::size_t num_parts = 0;        ///< P
  std::vector<float> centres;       ///< [L x C]
  std::vector<float> codewords;     ///< [P x 256 x C / P]
  std::vector<std::int32_t> lists;  ///< l of each row [N]
  std::vector<std::uint8_t> codes;  ///< [N x P]
};

constexpr std::size_t kIvfPqCodewords = 256;
std::size_t NumIvfPqLists(std::size_t num_rows);  ///< L
std::size_t NumIvfPqParts(std::size_t num_cols);  ///< P

/// Whether this build has faiss, which does the work. It is a shared library of its own, opened when it is
/// first needed (core/late_library.h). The functions below throw std::logic_error without it.
bool HasIvfPq();

/// Learns centres and codewords by k-means (10 and 15 rounds, on samples of at most 64 rows a centre), and
/// compresses all rows. In parallel; the same for any number of threads.
/// @param rows  [N x C], N >= 1, finite. O(N L C); memory: the codes and 256 MB.
IvfPqCodes EncodeIvfPq(RowsView rows);

/// Finds rows that are nearly the nearest. Safe to call concurrently.
class IvfPqSearch {
 public:
  /// @param rows   [N x C] what was compressed; must outlive the search.
  /// @param codes  of these rows; sizes that do not belong together are a std::logic_error.
  IvfPqSearch(RowsView rows, const IvfPqCodes& codes);
  ~IvfPqSearch();

  /// Of each query row k rows, nearest first, of equal ones the lowest: [P * k]. The lists of the 16 nearest
  /// centres are searched (all of them where those hold fewer than k rows) for the 4 k rows whose codes (1)
  /// are nearest, and of those the k nearest are taken by their distances, which are the true ones
  /// (SquaredDistance). The queries go to faiss in blocks of 256, one a thread, so that beside the result a
  /// thread holds the 4 k candidates of one block and the tables that faiss makes for it. Any number of
  /// threads makes the same blocks: what faiss finds depends in its last bits on the queries that are asked
  /// together.
  /// @param query   [P x C], finite.
  /// @param absent  [N] rows that are not 0 do not count; empty = all do. At least k must remain.
  std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const std::vector<char>& absent = {}) const;

 private:
  struct Impl;
  bool TakeNearest(const float* query, const std::int64_t* numbers, std::size_t count, std::size_t k,
                   Neighbor* nearest) const;
  RowsView rows_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace touchstone
