#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "touchstone/metrics/pixel_metrics.h"
#include "touchstone/metrics/regions.h"

namespace touchstone {

/// Defect pixels of one score, one group and one area of their regions. Ordered by these and the kind, which
/// leaves nothing to the order in which images arrive.
struct DefectRun {
  std::uint32_t key = 0;    ///< OrderKey of the score
  std::uint32_t group = 0;  ///< number of the group
  std::uint32_t area = 0;   ///< of the region, or saturation of the channel [px]
  std::uint32_t count = 0;  ///< pixels; >= 1
  bool is_channel = false;  ///< counts 1 / area in sPRO, and nothing else
};

/// The defects of one image. Of a channel only its highest pixels are there, as many as saturate it: the
/// others change nothing, and each of these counts the same, so that sPRO is a sum over pixels as PRO is.
struct ImageDefects {
  std::vector<DefectRun> runs;  ///< one a pixel, in no order
  std::uint64_t num_pixels = 0;
  std::uint64_t num_regions = 0;
  std::uint64_t num_channels = 0;
};
/// @param regions  of the image's mask; nothing where it has none.
ImageDefects FindDefects(const PixelImage& image, const Regions& regions, std::uint32_t group);

/// Gathers the defect pixels of many images from the highest score down, as many as there is room for.
class DefectGatherer {
 public:
  /// @param below     takes keys below this only; 2^32 takes all.
  /// @param max_runs  holds up to twice as many; a single score may have more and is held all the same.
  DefectGatherer(std::uint64_t below, std::size_t max_runs) : below_(below), max_runs_(max_runs) {}

  /// May be called from several threads at once.
  void Add(const std::vector<DefectRun>& runs);

  /// All pixels added whose keys lie in [lowest(), below), ascending.
  std::vector<DefectRun> Finish();

  /// After Finish: 0 if there was room for all.
  std::uint32_t lowest() const { return lowest_; }

 private:
  void Compact();

  std::uint64_t below_;
  std::size_t max_runs_;
  std::mutex mutex_;
  std::vector<DefectRun> runs_;
  std::uint32_t lowest_ = 0;
};

/// Thresholds: the distinct scores of some defect pixels, ascending: t_0 < ... < t_{m-1}.
struct ThresholdTable {
  std::vector<std::uint32_t> keys;     ///< [m] of the scores t_i
  std::vector<std::uint64_t> defects;  ///< [m] defect pixels with score t_i; >= 1
  std::vector<double> weights;         ///< [m] sum over those pixels of 1 / area of their region
  std::vector<double> saturations;     ///< [m] likewise of 1 / saturation of their channels

  void Add(const DefectRun& run);  ///< keys must not fall
};

}  // namespace touchstone
