#include "touchstone/methods/coreset.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>
#include <random>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/k_centre.h"
#include "touchstone/methods/patch_features.h"
#include "touchstone/methods/scorer.h"

namespace touchstone {
namespace {

constexpr std::size_t kProjectedDims = 128;

// Sums of squares of longer ones would leave float32.
void CheckLength(const float* projected, std::size_t dims, std::size_t image) {
  constexpr double kMostSquaredLength = 1e35;
  double squared = 0;
  for (std::size_t d = 0; d < dims; ++d) {
    squared += static_cast<double>(projected[d]) * static_cast<double>(projected[d]);
  }
  if (squared < kMostSquaredLength) return;
  throw Error(ErrorCode::kNotFinite,
              "image " + std::to_string(image) +
                  " of the gallery (from 0, in the order of the paths) has patches that "
                  "are not finite, or too long to be measured; use another extractor");
}

// psi of all patches of all images: [N * locations x num_dims]; nothing where `go_on` ended it.
std::vector<float> ProjectAll(const GalleryFeatures& gallery, const ScoringOptions& options,
                              const SparseProjection& projection, std::size_t locations,
                              const std::function<bool(std::size_t)>& go_on) {
  const std::size_t dims = projection.num_dims();
  std::vector<float> projected(gallery.num_images() * locations * dims);
  std::atomic<bool> was_stopped = false;
  std::mutex asking;
  ParallelFor(gallery.num_images(), [&](std::size_t image) {
    if (go_on) {
      const std::lock_guard<std::mutex> one_at_a_time(asking);
      if (!was_stopped) was_stopped = !go_on(0);
    }
    if (was_stopped) return;
    const FeatureMap patches = PatchFeatures(gallery.ReadPyramid(image, options.levels), options.pooling);
    for (std::size_t p = 0; p < locations; ++p) {
      float* out = projected.data() + (image * locations + p) * dims;
      projection.Project(patches.row(p), out);
      CheckLength(out, dims, image);
    }
  });
  if (was_stopped) projected.clear();
  return projected;
}

}  // namespace

SparseProjection::SparseProjection(std::size_t num_channels, std::uint64_t seed)
    : num_channels_(num_channels), is_identity_(num_channels <= kProjectedDims) {
  if (is_identity_) return;
  const double s = std::sqrt(static_cast<double>(num_channels)), outputs = 4294967296.0;
  scale_ = std::sqrt(s / static_cast<double>(kProjectedDims));
  const auto plus_below = static_cast<std::uint64_t>(outputs / (2 * s));
  const auto minus_below = static_cast<std::uint64_t>(outputs / s);
  std::mt19937 generator(static_cast<std::uint32_t>(seed));
  for (std::size_t j = 0; j < kProjectedDims; ++j) {
    starts_.push_back(channels_.size());
    for (std::size_t c = 0; c < num_channels; ++c) {
      const std::uint64_t drawn = generator();
      if (drawn >= minus_below) continue;
      channels_.push_back(static_cast<std::uint32_t>(c));
      signs_.push_back(drawn < plus_below ? 1.0F : -1.0F);
    }
  }
  starts_.push_back(channels_.size());
}

void SparseProjection::Project(const float* row, float* out) const {
  if (is_identity_) {
    std::copy_n(row, num_channels_, out);
    return;
  }
  for (std::size_t j = 0; j + 1 < starts_.size(); ++j) {
    double sum = 0;
    for (std::size_t e = starts_[j]; e < starts_[j + 1]; ++e) {
      sum += static_cast<double>(signs_[e] * row[channels_[e]]);
    }
    out[j] = static_cast<float>(scale_ * sum);
  }
}

std::size_t CoresetSize(double coreset, std::size_t num_patches) {
  const double wanted = std::floor(coreset * static_cast<double>(num_patches) + 1e-6);
  return std::min(num_patches, std::max<std::size_t>(1, static_cast<std::size_t>(wanted)));
}

std::vector<std::size_t> ChooseCoreset(const GalleryFeatures& gallery, const ScoringOptions& options,
                                       const std::function<bool(std::size_t)>& go_on) {
  const FeatureShape shape =
      PatchFeatureShape(SelectShapes(gallery.level_shapes(), options.levels), options.pooling);
  const std::size_t locations = shape.num_locations(), total = gallery.num_images() * locations;
  const std::size_t count = CoresetSize(options.coreset, total);
  if (count == total) {
    std::vector<std::size_t> all(total);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  const SparseProjection projection(static_cast<std::size_t>(shape.channels), options.seed);
  const std::vector<float> projected = ProjectAll(gallery, options, projection, locations, go_on);
  if (projected.empty()) return {};
  std::vector<std::size_t> chosen =
      GreedyKCentre({projected.data(), total, projection.num_dims()}, count, go_on);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace touchstone
