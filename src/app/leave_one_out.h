#pragma once

#include <optional>
#include <vector>

#include "touchstone/app/progress.h"
#include "touchstone/methods/scorer.h"
#include "touchstone/methods/thresholds.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// What is left out of a gallery when its image `image` is scored against it: the image itself, and whatever
/// may be a near-copy of it, because a new part has none there. Near-copies are
///   - the nearest 2.5 % of all images by global feature (a part shot twice, under whatever names), and
///   - of the images in the order of their paths, 5 % on either side (frames of one clip, parts of one
///   batch),
/// so that of small galleries little is left out, and one image always remains.
///
/// Measured with a coarse stand-in of the map (8 x 8 patches): promised 5 %, the maxima of unseen good images
/// lay above the threshold in (plain leave-one-out -> this rule) 54 -> 6 % on magnetic_tile, where a tile was
/// shot up to six times, 97 -> 17 % on ped2_every5th, whose test clips are others than its training clips,
/// and 8 -> 3 % on generated parts, of which none is alike. scripts/false_alarms.py measures the real thing.
/// @return ascending; image itself included. Needs N >= 2.
std::vector<std::size_t> LeftOutWith(const GalleryFeatures& gallery, std::size_t image);

/// The scores of one of the gallery's own images.
struct OwnScore {
  std::size_t image = 0;
  std::optional<double> retrieval_score;  ///< where the method has one
  double map_max = 0;   ///< of the map at the photograph's size, in what the gallery looks at
  double map_high = 0;  ///< the 99th percentile of its pixels
  std::optional<double> patch_max = {};  ///< where the method has one
};

/// That of MethodScores, and of the map that they make. @param options  that the scores were made with.
OwnScore OwnScoreOf(const Gallery& gallery, std::size_t image, const ScoringOptions& options,
                    const MethodScores& scores);

/// The one that decides about images.
double ScoreBy(ImageScore image_score, const OwnScore& score);

/// How many images an estimate for this rate is made of: 1 / rate, but 100 at least, where the gallery has
/// them.
std::size_t NumForEstimate(std::size_t num_images, double rate);

/// `count` of the gallery's images in the order of a shuffle that depends on the seed alone.
std::vector<std::size_t> DrawOwnImages(std::size_t num_images, std::size_t count, std::uint64_t seed);

/// Scores some of the gallery's own images, whose features it must still have, each against what LeftOutWith
/// leaves; the same for any number of threads. A gallery of one image has nothing to compare with: then the
/// result is empty. An interruption ends it early with scores that mean nothing: ask `progress`.
std::vector<OwnScore> ScoreOwnImages(const Gallery& gallery, const ScoringOptions& options,
                                     const std::vector<std::size_t>& images, ProgressSink& progress);

/// Thresholds by leave-one-out. @param images  of the gallery, for the words.
Calibration Estimate(const std::vector<OwnScore>& scores, const std::vector<GalleryImage>& images,
                     double rate, Method method = Method::kSpade);

}  // namespace touchstone
