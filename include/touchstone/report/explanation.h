#pragma once

#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// The normal patch nearest to a patch of the image.
struct NearestPatch {
  std::size_t image = 0;  ///< the gallery's
  std::string path;       ///< of that image in the gallery
  Size size;              ///< of its photograph
  Rect patch;             ///< [px of the normal image]
  double distance = 0;    ///< of the two: squared or plain, as the options say
};

/// A patch of the image and the normal patch nearest to it, in one search space.
struct PatchMatch {
  std::vector<int> levels;              ///< that were compared together: all, or one for fusion per-level
  Rect patch;                           ///< under the grid cell [px of the image]
  double patch_score = 0;               ///< of the grid; spade: mean distance to the k nearest
  std::optional<NearestPatch> nearest;  ///< none for padim, which compares with a Gaussian
};

/// How much of the squared distance (joined levels), or of the sum of the levels' distances (per-level), is a
/// level's.
struct LevelShare {
  int level = 1;
  double share = 0;  ///< 0..1; all of a hot spot add up to 1
};

/// A local maximum of the map and what made it. The patches are those of the grid cells that most of the
/// map's value there comes from (methods/map_origin.h).
struct HotSpot {
  int x_px = 0, y_px = 0;           ///< of the image
  double value = 0;                 ///< of the map
  std::vector<PatchMatch> matches;  ///< one a search space
  std::vector<LevelShare> shares;   ///< empty where every distance is 0
};

/// A normal image that the patches were compared with.
struct RetrievedImage {
  std::size_t index = 0;  ///< in the gallery
  std::string path;
  double distance = 0;  ///< of the global features: squared or plain, as the options say
};

/// Why an image has its score.
struct Explanation {
  Results run;  ///< what ran; its only image is the one explained
  std::optional<double> pixel_threshold;
  std::string hot_spots_are;              ///< which maxima are listed, in words
  std::vector<HotSpot> hot_spots;         ///< highest first, at most kMaxHotSpots
  std::string compared_with;              ///< what the patches were, in words
  std::vector<RetrievedImage> retrieved;  ///< spade: in the order in which they were compared
};

constexpr std::size_t kMaxHotSpots = 5;

/// The JSON document, schema touchstone.explanation/1.
std::string ExplanationJson(const Explanation& explanation);

/// The normal images' small pictures, as far as they are drawn; an empty one was not to be had.
struct ExplanationPreviews {
  std::vector<Image> of_hot_spots;  ///< of ShownMatch of each hot spot, as far as it has a nearest patch
  std::vector<Image> of_retrieved;  ///< of the first retrieved images, as many as are to be shown
};

/// The match that the picture shows: of the level with the largest share.
const PatchMatch& ShownMatch(const HotSpot& hot_spot);

/// One picture: the image with the hot spots' numbers, its heat map with the scale, each hot spot's patch
/// above the normal patch, and the retrieved images.
/// @param photo, map  of one size. @return 8-bit RGB, 1200 px wide.
Image DrawExplanation(const Explanation& explanation, const Image& photo, const ScoreMap& map,
                      const HeatmapOptions& heatmap, const ExplanationPreviews& previews);

}  // namespace touchstone
