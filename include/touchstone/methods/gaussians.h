#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/methods/scoring_options.h"
#include "touchstone/methods/spade.h"

namespace touchstone {

/// The channels that PaDiM looks at, of all channels of the levels, finest level first: channel i gets the
/// i-th output of std::mt19937(seed), and those with the smallest outputs are taken (of equal ones the
/// first).
/// @return min(dims, total) channel numbers, ascending.
std::vector<std::uint32_t> DrawChannels(std::size_t total, std::size_t dims, std::uint64_t seed);

/// How many channels PaDiM's authors draw [PaDiM, section 4.1]: 550 for Wide-ResNet-50-2, 100 for others.
int DefaultDims(const std::string& extractor_name);

/// The drawn channels of one location after the other:
///
///     x(u, v) = [ level1(u, v), level2(u / 2, v / 2), level3(u / 4, v / 4) ]   of those that were drawn
///
/// in general each level's cell that a location of the first level's grid lies in: column u w / W, rounded
/// down.
class DrawnSamples {
 public:
  /// @param shapes  of the levels, finest first.
  DrawnSamples(std::vector<FeatureShape> shapes, const std::vector<std::uint32_t>& channels);
  std::size_t num_locations() const { return shapes_[0].num_locations(); }
  std::size_t num_dims() const;
  std::size_t num_levels() const { return shapes_.size(); }
  /// How many of the drawn channels are of this level.
  std::size_t num_dims_of(std::size_t level) const { return channels_[level].size(); }
  /// Which cell of a level a location lies in.
  std::size_t CellOf(std::size_t level, std::size_t location) const;
  /// The drawn channels of one cell. @param out [num_dims_of(level)].
  void Read(const FeatureMap& map, std::size_t level, std::size_t cell, float* out) const;
  /// The sample at a location. @param levels  whose shapes are those of this. @param out [num_dims].
  void Read(const std::vector<const FeatureMap*>& levels, std::size_t location, float* out) const;

 private:
  std::vector<FeatureShape> shapes_;
  std::vector<std::vector<std::uint32_t>> channels_;  ///< within each level
};

/// How the Gaussian of a location is kept, with S = 1 / (n - 1) sum (x - mu)(x - mu)^T + 0.01 I over n images
/// [PaDiM, Eq. 1] and d channels:
///
/// n >= d: W = L^-1, where S = L L^T (Cholesky):                      M(x)^2 = ||W (x - mu)||^2
/// n <  d: W = R^-1 X, X [n x d] the centred samples and
///         R R^T = X X^T + 0.01 (n - 1) I (Woodbury; n - 1 >= 1):     M(x)^2 = (||x - mu||^2 - ||W (x -
///         mu)||^2) / 0.01
///
/// With fewer images than channels most directions have no variance but the ridge's, so that M is nearly ten
/// times the distance to what the images span: PaDiM then asks how far an image is from mixtures of the
/// normal ones.
///
/// W is kept as rows of a multiple of 16 columns, zeros at the end; where it is triangular, rows 16 b to 16 b
/// + 15 have 16 (b + 1) columns. So 550 channels take 0.64 MB a location, 2.0 GB on 56 x 56; of 50 images
/// 0.11 MB, 0.35 GB.
struct FactorLayout {
  std::size_t num_dims = 0;    ///< d
  std::size_t num_images = 0;  ///< n >= 1
  bool is_low_rank() const { return num_images < num_dims; }
  std::size_t num_rows() const { return is_low_rank() ? num_images : num_dims; }
  std::size_t padded_dims() const;              ///< d, rounded up to a multiple of 16
  std::size_t num_cols(std::size_t row) const;  ///< that are kept of this row
  std::size_t size() const;                     ///< floats of all rows
};

constexpr double kPadimRidge = 0.01;

/// Images that are scored by the Gaussians of others.
struct HoldOut {
  std::vector<std::size_t> scored;  ///< gallery images
  std::vector<std::size_t> used;    ///< gallery images, ascending, at least one
};

/// Takes what was fitted, location by location. @param mean [d]. @param factor [FactorLayout::size()].
using GaussianSink = std::function<void(const float* mean, const float* factor)>;

/// What FitGaussians does beside the fit, and how many samples it keeps in memory at a time.
struct GaussianFitting {
  std::vector<HoldOut> hold_outs;
  std::size_t max_sample_bytes = std::size_t{1} << 30;  ///< but one row of the finest grid at least
};

/// Fits the Gaussian of every location, sums in double, a block of locations at a time: the same for any
/// number of threads and any size of the blocks, and memory does not grow with the images (beyond
/// max_sample_bytes the features are read repeatedly).
/// @param options    levels and dims filled in.
/// @param sink       called in the order of the locations, one call at a time, on any thread.
/// @param go_on      asked before each location, with the number begun; one call at a time, on any thread and
///                   while `sink` may run. False ends it early: sink then gets those that were begun.
/// @return distances of the images that are scored, by image: element i is the i-th of all `scored` one after
/// the other, [locations].
std::vector<std::vector<float>> FitGaussians(const GalleryFeatures& gallery, const ScoringOptions& options,
                                             const GaussianFitting& fitting, const GaussianSink& sink,
                                             const std::function<bool(std::size_t)>& go_on = {});

}  // namespace touchstone
