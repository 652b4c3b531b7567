#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {

/// Pixel ROCAUC, AP, F1-max and AU-PRO of a whole category, exact, without ever holding its maps.
///
/// The first three are those of ranking.h with every pixel of every test image as one sample.
/// AU-PRO: for a threshold t let
///
///   FPR(t) = #{anomaly-free pixels >= t} / #{anomaly-free pixels}     good images included
///   PRO(t) = 1/R * sum_{r = 1..R} #{pixels of region r >= t} / area of region r
///
/// [P. Bergmann et al., "The MVTec Anomaly Detection Dataset", IJCV 129 (2021), section 5]. The
/// R regions are the 8-connected components of the category's masks (regions.h). The curve PRO over
/// FPR runs from (0, 0) through one point per distinct score to (1, 1), straight in between; its
/// area from 0 to a limit L, interpolated at L, is divided by L: 1 is perfect, L / 2 is chance.
/// Equal scores are one step, as in the official scripts (whose FPR is float32, ours is not).

/// AU-sPRO, of data sets whose ground truth says how much of a defect is enough (MVTec LOCO AD: of a missing
/// object every place may be marked where it could be, and finding one of them is all that can be asked for):
///
///   sPRO(t) = 1/C * sum_{c = 1..C} min(#{pixels of defect c >= t} / s_c, 1)      s_c its saturation
///
/// [P. Bergmann et al., "Beyond Dents and Scratches: Logical Constraints in Unsupervised Anomaly Detection
/// and Localization", IJCV 130 (2022), section 4.2]. Defects are given, not found, and may overlap; the curve
/// and its area are otherwise those of AU-PRO, exact, where the official script refines thresholds until
/// neighbours on its curve are 0.001 apart.

/// One defect c of an image, where ground truth gives them one by one.
struct DefectChannel {
  std::vector<std::uint32_t> pixels;  ///< y * width + x, ascending; each inside the mask
  std::uint32_t saturation_px = 1;    ///< s_c, in [1, pixels.size()]
};

/// One test image as the caller hands it over.
struct PixelImage {
  ScoreMap map;              ///< higher = more anomalous; any size, may differ from image to image
  std::optional<Mask> mask;  ///< of the map's size; none = no pixel is defective
  std::vector<DefectChannel> channels = {};  ///< for AU-sPRO
};

/// What is known of an image before it is read.
struct PixelItem {
  std::string name;   ///< for error messages, such as the path
  std::string group;  ///< its defect type; empty for a good image, which belongs to every group
};

/// A category that can be visited image by image, repeatedly and in any order.
struct PixelSource {
  std::vector<PixelItem> items;
  /// Reads items[i]. Called from several threads at once, once for a good image and twice for any other (once
  /// more for intervals or figures of each image, and for very many defect pixels), and must give the same
  /// pixels each time. What it throws ends the computation and reaches the caller.
  std::function<PixelImage(std::size_t i)> read;
};

/// The figures over one set of images.
struct PixelMetrics {
  RankingFigures ranking;                     ///< of pixels; undefined without pixels of both kinds
  std::vector<Metric> au_pro;                 ///< in [0, 1], one per limit; undefined in the same cases
  std::vector<Metric> au_spro;                ///< likewise, one per spro_limit; undefined without channels
  Curve pro;                                  ///< region coverage over false-positive rate
  std::uint64_t num_regions = 0;              ///< ground-truth regions
  std::uint64_t num_defect_pixels = 0;        ///< inside of them
  std::uint64_t num_anomaly_free_pixels = 0;  ///< all others, those in images with defects included
};

/// What an image looks like at the threshold that F1-max of the whole category chose.
struct RegionCover {
  Rect box;                  ///< the smallest that holds the region
  std::int64_t area_px = 0;  ///< >= 1
  double peak = 0;           ///< highest score in it
  Metric covered;            ///< share of its pixels at or above the threshold
};
struct ChannelCover {
  std::int64_t area_px = 0;
  std::int64_t saturation_px = 0;
  Metric covered;  ///< min(pixels at or above the threshold / saturation, 1)
};
constexpr std::size_t kMaxRegionCovers = 100;

/// The figures of one image by itself: how well its own pixels are told apart. Undefined, with the reason,
/// where it has not pixels of both kinds. They have no intervals, which are over images.
struct ImagePixelMetrics {
  RankingFigures ranking;         ///< without its curve
  std::vector<Metric> au_pro;     ///< one per limit
  std::vector<Metric> au_spro;    ///< one per spro_limit
  Metric false_positive_rate;     ///< share of its anomaly-free pixels at or above the category's threshold
  std::uint64_t num_regions = 0;  ///< all there are
  std::vector<RegionCover> regions;  ///< the kMaxRegionCovers largest, in raster order of their first pixels
  std::vector<ChannelCover> channels;  ///< as given
};

struct CategoryPixelMetrics {
  PixelMetrics overall;                           ///< over all images
  std::map<std::string, PixelMetrics> per_group;  ///< over that group's images and all good ones
  std::vector<ImagePixelMetrics> per_image;       ///< of each item, where asked for
};

struct PixelOptions {
  BootstrapOptions bootstrap = {};  ///< intervals of all figures
  std::vector<double> spro_limits =
      {};                  ///< upper ends of the FPR axis for AU-sPRO, each in (0, 1]; none = no sPRO
  bool per_image = false;  ///< the figures of each image too
  /// How many defect pixels are held at once, at about 100 bytes each. Where there are more, the images are
  /// visited again for each further part of them, from the highest scores down. No figure depends on it.
  std::size_t max_defect_runs = std::size_t{1} << 22;
};

/// Computes all of it in two visits: the first gathers the defect pixels, the second counts the
/// anomaly-free pixels between them. All groups share both. Intervals and figures of each image take a third,
/// in which every image becomes a histogram over some 500 bins that are fine where the curves bend; the
/// resamples are sums of those. Their figures differ from exact ones by less than 0.005, the figures
/// themselves are exact.
///
/// @param limits  upper ends of the FPR axis for AU-PRO, each in (0, 1].
/// @throws Error kOption if a limit is outside (0, 1]; kShape if a buffer's length is not its
/// size's area, a mask's size not its map's, or a channel not as said above; kNotFinite if a map holds NaN
/// (infinities have their place in the order, and -0 equals 0); kResults if a good image has a mask with
/// defect pixels. All but the first name the image; if several are at fault, any of them.
///
/// Time O(n log d) for n pixels of which d are defective, in practice near O(n). Memory: about 100 bytes for
/// each of at most max_defect_runs defect pixels (450 MB by default, however many images there are) and one
/// image per thread; for intervals 25 kB an image. Runs on the threads of the surrounding WithThreads
/// (core/parallel.h); the same bits for any number of them and any order of the images, because threads
/// only count.
CategoryPixelMetrics ComputePixelMetrics(const PixelSource& source, const std::vector<double>& limits,
                                         const PixelOptions& options = {});

}  // namespace touchstone
