#pragma once

#include <cstdint>
#include <vector>

#include "curves.h"
#include "defect_runs.h"
#include "pixel_histograms.h"
#include "touchstone/metrics/pixel_metrics.h"

namespace touchstone {

/// Why a set of pixels has no figures; empty where it has.
std::string WhyUndefined(const WalkTotals& totals);

/// Figures of a set without any, for this reason.
PixelMetrics UndefinedPixels(const std::string& reason, const AreaLimits& limits);

/// The walk of one set of images down its thresholds, range by range.
class SetWalk {
 public:
  SetWalk(const WalkTotals& totals, const AreaLimits& limits);

  /// @param anomaly_free  [2 m + 1] all anomaly-free pixels of the set, in the bins of the table's
  /// thresholds.
  void Take(const ThresholdTable& table, const std::vector<std::uint64_t>& anomaly_free);

  /// All figures, undefined ones too.
  PixelMetrics Finish();

  /// Where histograms for resampling should have their edges (pixel_histograms.h).
  std::vector<std::uint32_t> Edges() { return edges_.Finish(); }

 private:
  WalkTotals totals_;
  AreaLimits limits_;
  std::uint64_t taken_ = 0;
  RankingWalk ranking_;
  ProWalk pro_;
  ProWalk spro_;
  EdgeWalk edges_;
};

}  // namespace touchstone
