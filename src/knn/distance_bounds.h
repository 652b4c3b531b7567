#pragma once

#include <cstddef>
#include <memory>

#include "touchstone/knn/rows.h"

namespace touchstone {

/// Bounds that no squared distance (SquaredDistance) of query rows to the same few rows is below, from
/// products of all with all. The rows are centred first: x' = x - their mean. Safe to call concurrently.
class DistanceBounds {
 public:
  static constexpr std::size_t kMostQueries = 64;  ///< at a time

  virtual ~DistanceBounds() = default;

  /// On this thread alone.
  /// @param query   [P x C], finite, P <= kMostQueries.
  /// @param bounds  [P x stride()]; beyond the last row of no meaning.
  /// @throws Error kNotFinite for a row too long to be compared (CheckSquaredLength); std::logic_error for
  /// more rows, or of other channels.
  virtual void Bound(RowsView query, float* bounds) const = 0;
  std::size_t stride() const { return stride_; }

 protected:
  explicit DistanceBounds(std::size_t stride) : stride_(stride) {}

 private:
  std::size_t stride_;
};

/// By (4) of whole_rows.h, from products in float32.
/// @param rows  [M x C], finite, M >= 1. @throws Error kNotFinite as Bound.
std::unique_ptr<const DistanceBounds> MakeFloatBounds(RowsView rows);

/// From products in bfloat16 by tile registers: with x^ the bfloat16 of x',
///
///     ||a - b||^2  >=  computed - slack (||a'||^2 + ||b'||^2) - 4 kLeast
///                               - 2 (||a' - a^|| ||b'|| + ||a^|| ||b' - b^||)                     (5)
///
/// by Cauchy and Schwarz, for a' b' = a^ b^ + (a' - a^) b' + a^ (b' - b^). One bound, rounded up, stands for
/// the lengths of x' and x^. Slack and kLeast as in (4): of its 8 (C + 8) u the C roundings of the product,
/// those of SquaredDistance, of centring and of the sums here take (3 C + 17) u.
/// @throws std::logic_error unless UseBfloatTiles() (cpu_choice.h).
std::unique_ptr<const DistanceBounds> MakeTileBounds(RowsView rows);

}  // namespace touchstone
