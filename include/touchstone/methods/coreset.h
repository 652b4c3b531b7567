#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "touchstone/methods/scoring_options.h"
#include "touchstone/methods/spade.h"

namespace touchstone {

/// A sparse random projection to 128 dimensions, which keeps distances up to some per cent [PatchCore, Alg.
/// 1: psi; P. Li, T. Hastie, K. Church, "Very Sparse Random Projections", KDD 2006]:
///
///     psi(x)_j = sum_c R_jc x_c,     R_jc = +- sqrt(s / 128) with probability 1 / (2 s) each, otherwise 0,
///     s = sqrt(C)
///
/// The draw: outputs of std::mt19937(seed), one for each (j, c) in row-major order; an output u is a plus
/// where u < 2^32 / (2 s), a minus where it is no plus and u < 2^32 / s, both rounded down. Where C <= 128
/// psi is the identity.
class SparseProjection {
 public:
  SparseProjection(std::size_t num_channels, std::uint64_t seed);
  std::size_t num_dims() const { return is_identity_ ? num_channels_ : starts_.size() - 1; }
  /// @param row [C]. @param out [num_dims], summed in double in the order of the channels.
  void Project(const float* row, float* out) const;

 private:
  std::size_t num_channels_;
  bool is_identity_;
  double scale_ = 1;
  std::vector<std::size_t> starts_;      ///< of each dimension among the entries
  std::vector<std::uint32_t> channels_;  ///< of the entries
  std::vector<float> signs_;             ///< of the entries
};

/// How many patches a bank keeps: max(1, floor(coreset * all)). @param coreset  0 < coreset <= 1.
std::size_t CoresetSize(double coreset, std::size_t num_patches);

/// The patches that a bank keeps: CoresetSize of the PatchFeatures of all images, by greedy k-centre on their
/// projections (knn/k_centre.h), or all of them where coreset = 1.
/// @param options  levels filled in. @param go_on  as GreedyKCentre's: false ends the selection early. It is
/// asked with 0 before each image is projected too, by one thread at a time; false leaves nothing chosen.
/// @return patch numbers image * locations + location, ascending.
/// @throws Error kNotFinite naming the image whose patches are too long to be measured; nothing is
/// measured where coreset = 1. Memory: 128 floats a patch and GreedyKCentre's.
std::vector<std::size_t> ChooseCoreset(const GalleryFeatures& gallery, const ScoringOptions& options,
                                       const std::function<bool(std::size_t)>& go_on = {});

}  // namespace touchstone
