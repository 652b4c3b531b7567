#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "touchstone/knn/distance.h"
#include "touchstone/knn/ivfpq.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// Which rows of a bank a search acts as if absent.
using RowMask = std::vector<char>;  ///< [rows], not 0 = absent; empty = none is

/// Finds the rows of a bank nearest to others. Safe to call concurrently.
class BankSearch {
 public:
  virtual ~BankSearch() = default;

  /// The k nearest rows of each query row, nearest first, of equal ones the lowest: [P * k].
  /// @param query   [P x C], finite; any C but the bank's is a std::logic_error.
  /// @param absent  at least k rows must remain.
  virtual std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const RowMask& absent) const = 0;
};

/// Exact search: of up to 512 rows by knn/few_rows.h, of more by knn/patch_search.h, of codes that are made
/// here, once for all searches: up to 530 bytes a row.
/// @param rows  [M x C], M >= 1; must outlive the search.
std::unique_ptr<BankSearch> MakeExactBankSearch(RowsView rows);

/// Search for nearly the nearest, by knn/ivfpq.h.
/// @param rows  [M x C] what was compressed; must outlive the search. @throws std::logic_error without faiss.
std::unique_ptr<BankSearch> MakeCompressedBankSearch(RowsView rows, const IvfPqCodes& codes);

}  // namespace touchstone
