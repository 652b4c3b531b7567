#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "touchstone/methods/gaussians.h"
#include "touchstone/methods/scorer.h"

namespace touchstone {

/// The Gaussians of a gallery, one a location of the finest level that is used.
struct GaussianModel {
  std::vector<std::uint32_t> channels;  ///< DrawChannels
  std::size_t num_images = 0;           ///< that they were fitted to
  const float* means = nullptr;         ///< [locations x d]
  const float* factors = nullptr;       ///< [locations x FactorLayout::size()]
  std::shared_ptr<const void> owner;    ///< of what these look at; may be empty
};

/// PaDiM: T. Defard, A. Setkov, A. Loesch, R. Audigier, "PaDiM: a Patch Distribution Modeling Framework for
/// Anomaly Detection and Localization", arXiv:2011.08785. The score of a location is its Mahalanobis distance
///
///     M(x) = sqrt((x - mu)^T S^-1 (x - mu)) [Eq. 2]
///
/// with the mean mu and the covariance S of that location over the normal images (gaussians.h). A plain
/// distance, not squared; the image score is the map's maximum. Parts must lie at the same place in every
/// image.
class PadimScorer : public Scorer {
 public:
  /// @param level_shapes  of all levels of the extractor.
  /// @throws Error kOption for options outside their ranges.
  PadimScorer(GaussianModel model, std::vector<FeatureShape> level_shapes, const ScoringOptions& options);

  /// One grid, of the first level's size. `draw` and `scope` are not used: a Gaussian cannot leave images
  /// out.
  MethodScores Score(const ImageFeatures& features, std::uint64_t draw,
                     const ScoringScope& scope = {}) const override;

  /// Factors are read once for all images, which at full rank is most of the time: 2 GB for 550 channels at
  /// 3,136 places.
  std::size_t num_at_once() const override { return 16; }
  std::vector<MethodScores> ScoreEach(const std::vector<ScorerQuery>& queries,
                                      const ScoringScope& scope) const override;

  /// What each level adds to M^2 of the levels before it (the chain rule of Gaussians: the distance of its
  /// channels from what those of the levels before would have them be).
  std::vector<LevelPart> Parts(const ImageFeatures& features, const MethodScores& scores, std::size_t grid,
                               std::size_t location) const override;

  const ScoringOptions& options() const override { return options_; }

 private:
  struct Scratch;
  void MeasureLocation(std::size_t location, Scratch* scratch) const;

  GaussianModel model_;
  std::vector<FeatureShape> level_shapes_;
  ScoringOptions options_;
  DrawnSamples drawn_;
  FactorLayout layout_;
};

}  // namespace touchstone
