#pragma once

#include <cstdint>
#include <vector>

#include "curves.h"
#include "defect_runs.h"
#include "score_bins.h"
#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// The pixels of one image, or of several together, counted in the bins of score_bins.h over m edges: at each
/// edge, and between two.
struct PixelHistogram {
  explicit PixelHistogram(std::size_t num_bins)
      : anomaly_free(num_bins), defects(num_bins), weights(num_bins), saturations(num_bins) {}

  /// Adds another one `times` times.
  void Add(const PixelHistogram& other, std::uint32_t times);

  std::vector<std::uint64_t> anomaly_free;  ///< [2 m + 1] pixels outside every region
  std::vector<std::uint64_t> defects;       ///< [2 m + 1] pixels inside; none below the lowest edge
  std::vector<double> weights;              ///< [2 m + 1] sum over those of 1 / area of their region
  std::vector<double> saturations;          ///< [2 m + 1] likewise of 1 / saturation of their channel (sPRO)
  double num_regions = 0;
  double num_channels = 0;
};

/// Chooses the edges for resampling on a walk over all thresholds: some hundred of them, so that from one to
/// the next neither region coverage (nor that of sPRO) nor the root of the false-positive rate (low rates
/// matter most) changes by more than 1/256, except where one threshold alone changes them more.
class EdgeWalk {
 public:
  explicit EdgeWalk(const WalkTotals& totals) : totals_(totals) {}
  void Take(const ThresholdStep& step);
  /// The keys of the edges, ascending; the lowest threshold is the first.
  std::vector<std::uint32_t> Finish();

 private:
  struct Place {
    float score = 0;
    double root_of_rate = 0;
    double coverage = 0;
    double saturation = 0;
  };
  static bool AreFar(const Place& a, const Place& b);
  void Keep(const Place& place);

  WalkTotals totals_;
  std::uint64_t false_positives_ = 0;
  double covered_ = 0;
  double saturated_ = 0;
  Place kept_;
  Place last_;
  std::vector<std::uint32_t> falling_;
};

/// @param defects  of the image (defect_runs.h).
PixelHistogram CountPixels(const PixelImage& image, const ImageDefects& defects, const ScoreBins& bins);

/// The intervals of RankingFigures' metrics, of AU-PRO and, if there are channels, of AU-sPRO at each limit,
/// from histograms of the images; each bin is one step of the curves, which is exact but for the order of
/// pixels between two edges.
/// @param normal, anomalous  the images of either kind; none is drawn from the other.
std::vector<Interval> PixelIntervals(const std::vector<const PixelHistogram*>& normal,
                                     const std::vector<const PixelHistogram*>& anomalous,
                                     const std::vector<std::uint32_t>& edges, const AreaLimits& limits,
                                     const BootstrapOptions& bootstrap);

}  // namespace touchstone
