#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "touchstone/core/late_library.h"
#include "touchstone/knn/ivfpq.h"

namespace touchstone {

/// An index of faiss. Each call works on its thread alone.
class FaissIndex {
 public:
  virtual ~FaissIndex() = default;
  /// (1) of ivfpq.h. @param lists [rows]. @param codes [rows x P].
  virtual void Encode(RowsView rows, std::int32_t* lists, std::uint8_t* codes) const = 0;
  /// Adds rows, numbered from 0 on.
  virtual void Add(const std::vector<std::int32_t>& lists, const std::vector<std::uint8_t>& codes) = 0;
  /// Of each query row the numbers of the `count` rows whose codes are nearest, -1 in the place of those that
  /// were not found in the lists of the `num_lists` nearest centres. What is found for a query row depends in
  /// its last bits on the rows that are asked for with it: ask for the same ones together.
  /// @param query [P x C]. @param rows [P x count].
  virtual void Find(RowsView query, std::size_t count, std::size_t num_lists, const std::vector<char>& absent,
                    std::int64_t* rows) const = 0;
};

/// What the late library libtouchstone_faiss.so does for this room: everything that needs faiss.
struct FaissLibrary {
  /// Centres by k-means, [count x C]. On this thread alone. @param rows at least `count`.
  std::vector<float> (*cluster)(RowsView rows, std::size_t count, int rounds);
  /// The number of the centre nearest to each row.
  void (*assign)(RowsView centres, RowsView rows, std::int32_t* numbers);
  /// An index without rows; lists and codes are not looked at.
  std::unique_ptr<FaissIndex> (*make)(const IvfPqCodes& codes, std::size_t num_cols);
};

}  // namespace touchstone

TOUCHSTONE_LATE_EXPORT const touchstone::FaissLibrary touchstone_faiss;
