#include "app/leave_one_out.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <random>
#include <set>

#include "app/looked_at.h"
#include "app/make_scorer.h"
#include "app/map_scale.h"
#include "app/name_groups.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/text.h"
#include "touchstone/image/roi.h"

namespace touchstone {
namespace {

constexpr double kNearestShare = 0.025, kBesideShare = 0.05;

std::size_t ShareOf(std::size_t num_images, double share) {
  return static_cast<std::size_t>(static_cast<double>(num_images) * share);
}

// Where so many images are left out, fewer patches may remain than -k asks for: then all of them count.
ScoringOptions WithFewerImages(const Gallery& gallery, ScoringOptions options) {
  const std::size_t num_images = gallery.num_images();
  const std::size_t most_left_out =
      2 + ShareOf(num_images, kNearestShare) + 2 * ShareOf(num_images, kBesideShare);
  const std::size_t fewest = std::max(num_images, most_left_out + 1) - most_left_out;
  const std::size_t num_patches = NumPatches(options, gallery.level_shapes(), fewest);
  options.num_neighbors =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options.num_neighbors), num_patches));
  return options;
}

OwnScore ScoreOwnImage(const Gallery& gallery, const Scorer& scorer, std::size_t image) {
  const ScoringScope scope{LeftOutWith(gallery, image), {}, IgnoredCells(gallery, scorer.options())};
  return OwnScoreOf(gallery, image, scorer.options(),
                    scorer.Score(gallery.ReadFeatures(image), image, scope));
}

// Where the images left out are, in words.
std::string HowScored(Method method) {
  if (method == Method::kPatchCore) {
    return ", each scored without what is kept of itself and its near-copies, whose place nothing takes: a "
           "careful estimate";
  }
  if (method == Method::kPadim) {
    return ", each scored by Gaussians of images away from it in the order of names, which are fewer: a "
           "careful "
           "estimate";
  }
  return ", each scored without itself and its near-copies";
}

void SortInto(std::vector<double>* sorted, const std::optional<double>& score) {
  if (score) sorted->insert(std::upper_bound(sorted->begin(), sorted->end(), *score), *score);
}

}  // namespace

std::vector<std::size_t> LeftOutWith(const GalleryFeatures& gallery, std::size_t image) {
  const std::size_t num_images = gallery.num_images();
  std::set<std::size_t> left_out{image};
  const std::size_t num_nearest = std::min(ShareOf(num_images, kNearestShare) + 1, num_images - 2);
  const std::vector<Neighbor> nearest =
      NearestRows(gallery.globals().row(image), gallery.globals(), num_nearest + 1);  // itself among them
  for (const Neighbor& neighbor : nearest) {
    if (left_out.size() <= num_nearest) left_out.insert(neighbor.row);
  }
  const std::size_t num_beside = ShareOf(num_images, kBesideShare);
  const std::size_t first = std::max(image, num_beside) - num_beside;
  for (std::size_t i = first; i < std::min(image + num_beside + 1, num_images); ++i) left_out.insert(i);
  return {left_out.begin(), left_out.end()};
}

std::size_t NumForEstimate(std::size_t num_images, double rate) {
  const double wanted = std::max(100.0, std::ceil(1 / rate));
  return wanted < static_cast<double>(num_images) ? static_cast<std::size_t>(wanted) : num_images;
}

std::vector<std::size_t> DrawOwnImages(std::size_t num_images, std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> images(num_images);
  std::iota(images.begin(), images.end(), std::size_t{0});
  std::mt19937_64 generator(seed);
  for (std::size_t i = 0; i < count; ++i) std::swap(images[i], images[i + generator() % (num_images - i)]);
  images.resize(count);
  return images;
}

std::vector<OwnScore> ScoreOwnImages(const Gallery& gallery, const ScoringOptions& options,
                                     const std::vector<std::size_t>& images, ProgressSink& progress) {
  if (gallery.num_images() == 1) return {};
  const std::unique_ptr<Scorer> scorer =
      MakeScorer(gallery, options.method == Method::kSpade ? WithFewerImages(gallery, options) : options);
  std::vector<OwnScore> scores(images.size());
  std::mutex mutex;
  progress.Begin("leave one out", images.size());
  ParallelFor(images.size(), [&](std::size_t i) {
    if (progress.Interrupted()) return;
    scores[i] = ScoreOwnImage(gallery, *scorer, images[i]);
    const std::lock_guard<std::mutex> lock(mutex);
    progress.Advance();
  });
  progress.End();
  return scores;
}

OwnScore OwnScoreOf(const Gallery& gallery, std::size_t image, const ScoringOptions& options,
                    const MethodScores& scores) {
  const ScoreMap map =
      MapOfGallery(gallery, options.sigma, scores.grids, gallery.manifest().images[image].size);
  std::vector<float> values = gallery.roi() ? ValuesInside(*gallery.roi(), map) : map.values;
  const auto high = values.begin() + static_cast<std::ptrdiff_t>(ShareOf(values.size() - 1, 0.99));
  std::nth_element(values.begin(), high, values.end());
  return {image, scores.retrieval_score, *std::max_element(high, values.end()), *high, scores.patch_max};
}

double ScoreBy(ImageScore image_score, const OwnScore& score) {
  if (image_score == ImageScore::kRetrieval) return score.retrieval_score.value();
  return image_score == ImageScore::kPatchMax ? score.patch_max.value() : score.map_max;
}

Calibration Estimate(const std::vector<OwnScore>& scores, const std::vector<GalleryImage>& images,
                     double rate, Method method) {
  Calibration calibration;
  calibration.rate = rate;
  for (const OwnScore& score : scores) {
    SortInto(&calibration.retrieval_scores, score.retrieval_score);
    SortInto(&calibration.map_maxima, score.map_max);
    SortInto(&calibration.patch_maxima, score.patch_max);
  }
  calibration.source = std::to_string(scores.size()) + " of the gallery's " +
                       CountText(images.size(), "image", "images") +
                       NameGroupsText(NameGroups(PathsOf(images))) + HowScored(method);
  return calibration;
}

}  // namespace touchstone
