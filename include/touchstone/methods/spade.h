#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/core/image.h"
#include "touchstone/knn/distance.h"
#include "touchstone/knn/patch_search.h"
#include "touchstone/methods/scoring_options.h"

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

/// The two stages' results for one image.
struct SpadeScores {
  /// 1/K * sum of distances to the K nearest global features [SPADE, Eq. 1].
  double retrieval_score = 0;
  /// The images that stage 2 compared with: gallery index and squared distance of the globals.
  std::vector<Neighbor> retrieved;
  /// Mean distance of each location to its k nearest [SPADE, Eq. 3], on the feature grid: one map
  /// for concat, one for each level otherwise; none where the gate kept stage 2 from running.
  std::vector<ScoreMap> grids;
  /// The gallery patch nearest to each location: element [g][y * width + x] is that of grids[g] at (x, y).
  std::vector<std::vector<PatchNeighbor>> nearest;
};

/// Which part of the gallery an image is compared with, and how far; by default all of it, all the way.
struct SpadeScope {
  std::vector<std::size_t> left_out;  ///< gallery images to act as if absent (leave-one-out); one must remain
  std::optional<double> gate;         ///< stage 2 only if the retrieval score is above this
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
class SpadeScorer {
 public:
  /// @param gallery      must outlive the scorer; at least one image.
  /// @param cache_bytes  bound on gallery features kept ready for search between images.
  /// @throws Error kOption for options outside their ranges (see Validate), and for more neighbours than the
  /// retrieved images have patches; kNotFinite if a global feature of the gallery is.
  SpadeScorer(const GalleryFeatures& gallery, const ScoringOptions& options,
              std::size_t cache_bytes = std::size_t{192} << 20);
  ~SpadeScorer();

  /// Scores one image.
  /// @param features   of the extractor that made the gallery; same shapes.
  /// @param draw       what tells images apart for Retrieval::kRandom (e.g. bits of a digest).
  /// @throws Error kShape naming the level whose shape differs from the gallery's; kNotFinite.
  SpadeScores Score(const ImageFeatures& features, std::uint64_t draw, const SpadeScope& scope = {}) const;

  const ScoringOptions& options() const;  ///< with K clipped and levels filled in

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace touchstone
