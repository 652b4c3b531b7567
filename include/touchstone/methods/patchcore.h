#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/knn/rows.h"
#include "touchstone/methods/bank_search.h"
#include "touchstone/methods/scorer.h"

namespace touchstone {

/// Where a patch of a bank was.
struct PatchPlace {
  std::int32_t image = 0;     ///< in the gallery
  std::int32_t location = 0;  ///< y * width + x on the grid of the patches
};

/// The patches of normal images that a gallery keeps.
struct PatchBank {
  RowsView patches;                                ///< [M x C] PatchFeatures, M >= 1
  std::vector<PatchPlace> places;                  ///< [M]
  std::shared_ptr<const void> owner;               ///< of what `patches` looks at; may be empty
  std::optional<IvfPqCodes> codes = std::nullopt;  ///< of the patches, for BankIndex::kIvfPq
};

/// How good the search by codes is: which share of patches of normal images finds the very patch of the bank
/// that the exact search finds, both without the image's own patches. At most 1,000 of the bank's patches are
/// looked for, evenly spaced. None where the bank is of one image, or has no codes.
std::optional<double> RecallOfCodes(const PatchBank& bank);

/// PatchCore: K. Roth, L. Pemula, J. Zepeda, B. Schoelkopf, T. Brox, P. Gehler, "Towards Total Recall in
/// Industrial Anomaly Detection", arXiv:2106.08265. With the bank M of patches of normal images, m*(p) the
/// one nearest to patch p:
///
///     d(p)  = min_{m in M} ||m - p||                                          patch score            [Eq. 6]
///     p*    = argmax_p d(p),  m* = m*(p*),  s* = d(p*)
///     s     = (1 - exp ||p* - m*|| / sum_{m in N_b(m*)} exp ||p* - m||) s*    image score, patch_max [Eq. 7]
///
/// N_b(m*) are the b patches of M nearest to m*, itself among them; b = 0 leaves s = s*. Exponentials are of
/// differences to the largest distance. The map is made of d (plain, not squared distances). Of equally far
/// patches p* is the first.
///
/// An image left out (ScoringScope) takes with it the bank's patches that are of it, and no other patch of
/// its picture takes their place, as one would if the bank had been chosen without it: distances by
/// leave-one-out are somewhat too large, the more so the smaller the coreset. Where all of the bank is of
/// images left out, none is: then distances are too small.
class PatchCoreScorer : public Scorer {
 public:
  /// @param level_shapes  of all levels of the extractor.
  /// @throws Error kOption for options outside their ranges; kShape if the bank's C is not that of the
  /// levels; std::logic_error if BankIndex::kIvfPq has no codes.
  PatchCoreScorer(PatchBank bank, std::vector<FeatureShape> level_shapes, const ScoringOptions& options);

  /// One grid, of the first level's size. `draw` and `scope.gate` are not used.
  MethodScores Score(const ImageFeatures& features, std::uint64_t draw,
                     const ScoringScope& scope = {}) const override;

  /// Kind by kind of level, its share of ||p - m*||^2. With Pooling::kReference a patch's numbers are of more
  /// than one level: then they are shared out by the levels' turns.
  std::vector<LevelPart> Parts(const ImageFeatures& features, const MethodScores& scores, std::size_t grid,
                               std::size_t location) const override;

  const ScoringOptions& options() const override { return options_; }

 private:
  FeatureMap PatchesOf(const ImageFeatures& features) const;
  RowMask AbsentRows(const std::vector<std::size_t>& left_out) const;
  double Reweighted(const float* patch, const Neighbor& nearest, const RowMask& absent) const;

  PatchBank bank_;
  std::vector<FeatureShape> level_shapes_;
  ScoringOptions options_;
  std::unique_ptr<BankSearch> search_;
};

}  // namespace touchstone
