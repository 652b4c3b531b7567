#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/knn/rows.h"
#include "touchstone/methods/scorer.h"

namespace touchstone {

/// What a scorer needs of a gallery. Implementations allow concurrent calls.
class GalleryFeatures {
 public:
  virtual ~GalleryFeatures() = default;
  virtual std::size_t num_images() const = 0;
  virtual RowsView globals() const = 0;  ///< [N x D]
  virtual const std::vector<FeatureShape>& level_shapes() const = 0;
  /// Level `levels[i]` (1-based) of one image in element i.
  virtual std::vector<FeatureMap> ReadPyramid(std::size_t image, const std::vector<int>& levels) const = 0;
};

/// SPADE: N. Cohen, Y. Hoshen, "Sub-Image Anomaly Detection with Deep Pyramid Correspondences",
/// arXiv:2005.02357.
///
///     d(y)    = 1/K sum_{f in N_K(f_y)}       ||f - f_y||^2            image score    (stage 1)
///     d(y, p) = 1/k sum_{f in N_k(F(y, p))}   ||f - F(y, p)||^2        pixel score    (stage 2)
///
/// with N_k over all locations of the K retrieved images. `Distance::kL2` takes the root of each
/// distance before the mean. Search is exact (knn/patch_search.h); the result for an image depends on
/// nothing but the gallery, the options and the image. Safe to call concurrently.
class SpadeScorer : public Scorer {
 public:
  /// @param gallery      must outlive the scorer; at least one image.
  /// @param cache_bytes  bound on gallery features kept ready for search between images.
  /// @throws Error kOption for options outside their ranges (see Validate), and for more neighbours than the
  /// retrieved images have patches; kNotFinite if a global feature of the gallery is.
  SpadeScorer(const GalleryFeatures& gallery, const ScoringOptions& options,
              std::size_t cache_bytes = std::size_t{200} << 20);
  ~SpadeScorer() override;

  /// retrieval_score is d(y), one grid of d(y, p) for concat and one for each level otherwise. `draw` is for
  /// Retrieval::kRandom.
  MethodScores Score(const ImageFeatures& features, std::uint64_t draw,
                     const ScoringScope& scope = {}) const override;

  /// A squared distance of joined levels is the sum of theirs; a root is no such sum, so concat's parts are
  /// always those of the squared distance to the nearest patch.
  std::vector<LevelPart> Parts(const ImageFeatures& features, const MethodScores& scores, std::size_t grid,
                               std::size_t location) const override;

  const ScoringOptions& options() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace touchstone
