#pragma once

#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// A patch of the image and the normal patch nearest to it, in one search space.
struct PatchMatch {
  std::vector<int> levels;  ///< that were searched together: all for concat, one otherwise
  Rect patch;               ///< under the grid cell [px of the image]
  std::size_t normal = 0;   ///< the gallery's image
  std::string normal_path;  ///< its path in the gallery
  Size normal_size;         ///< of its photograph
  Rect normal_patch;        ///< [px of the normal image]
  double distance = 0;      ///< of the two: squared or plain, as the options say
  double patch_score = 0;   ///< mean distance to the k nearest; equal to `distance` where k = 1
};

/// How much of the squared distance (concat), or of the sum of the levels' distances (per-level), is a
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
  std::vector<RetrievedImage> retrieved;  ///< in the order in which they were compared
};

constexpr std::size_t kMaxHotSpots = 5;

/// The JSON document, schema touchstone.explanation/1.
std::string ExplanationJson(const Explanation& explanation);

/// The normal images' small pictures, as far as they are drawn; an empty one was not to be had.
struct ExplanationPreviews {
  std::vector<Image> of_hot_spots;  ///< of ShownMatch of each hot spot
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
