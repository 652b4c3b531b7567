#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/knn/blocks.h"
#include "touchstone/knn/projection.h"
#include "touchstone/knn/tail_distances.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {

/// The coarsest level of fused rows, ready for products with another's. Its rows x_c, centred, are those of a
/// small grid; F's channels of this level at location r are sum_i w_i x_{c_i}, four of them (fusion.h).
class CoarseLevel {
 public:
  /// @param rows    of at least one level; not kept.
  /// @param centre  [C of this level], subtracted from each row; the same for both sides of a product.
  CoarseLevel(const FusedRows& rows, const float* centre);

  /// What location r reads.
  struct Corners {
    std::uint32_t cells[4];
    float weights[4];
  };

  FeatureMap cells;                    ///< x
  std::vector<Corners> corners;        ///< of each location
  std::vector<float> squared_lengths;  ///< of each location's interpolated row
  std::vector<float> scales;           ///< the longest x among its corners
  std::vector<float> raw_scales;       ///< the same before centring
};

/// The coarsest level's part of the squared distances between the locations of a query and of an image
/// (TailDistances), from the products of their grids' rows:
///
///     ||sum_i a_i x_i - sum_j b_j y_j||^2 = ||sum_i a_i x_i||^2 + ||sum_j b_j y_j||^2 - 2 sum_ij a_i b_j
///     <x_i, y_j>
///
/// For two grids of n rows n^2 products instead of one for each of the 16 times as many, or 256 times as
/// many, pairs of locations. Each product costs C, each pair 16 of them. Memory: n^2 floats, at most 16 MiB.
class CoarseDistances : public TailDistances {
 public:
  /// The query's side, the same for all images. O(n C).
  struct Query {
    /// @param projection  of all channels of `rows`; must outlive this. Neither side depends on the other.
    Query(const FusedRows& rows, const Projection& projection);
    const float* centre;  ///< [C], the projection's
    CoarseLevel level;
    RowBlocks blocks;  ///< level.cells
  };

  /// Whether there are numbers of pairs for which it pays, for rows and a query of this shape: not where C is
  /// small, nor where products would take more memory.
  static bool CanPay(const FusedRows& rows);

  /// All must outlive this. The rows' features must be of finite squared lengths below 1e36, as Encode
  /// (codes.h) makes sure.
  CoarseDistances(const Query& query, const FusedRows& rows);

  std::size_t num_head_channels() const override;
  const float* Head(std::size_t r, float* scratch) const override {
    return rows_.Row(r, rows_.levels().size() - 1, scratch);
  }
  std::size_t num_worthwhile_pairs() const override;
  void Prepare() override;
  float AtLeast(std::size_t q, std::size_t r) const override;

 private:
  const Query& query_;
  const FusedRows& rows_;
  std::optional<CoarseLevel> image_;  ///< once prepared
  std::vector<float> products_;       ///< <y_j, x_i>, as MultiplyBlocks puts them
};

}  // namespace touchstone
