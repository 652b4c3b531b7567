#pragma once

#include <cstdint>
#include <vector>

#include "touchstone/metrics/metric.h"

namespace touchstone {

/// Everything that the ROC and PRO curves of one set of images depend on. Thresholds are the
/// distinct scores of its defect pixels, ascending: t_0 < ... < t_{m-1}.
struct ThresholdTable {
  std::vector<std::uint64_t> defects;       ///< [m] defect pixels with score t_i; >= 1
  std::vector<double> weights;              ///< [m] sum over those pixels of 1 / area of their region
  std::vector<std::uint64_t> anomaly_free;  ///< [2 m + 1] anomaly-free pixels, in the bins of score_bins.h
  std::uint64_t num_regions = 0;
};

std::uint64_t Total(const std::vector<std::uint64_t>& counts);

/// Mann-Whitney with half credit for ties. Undefined without pixels of both kinds. O(m).
Metric PixelRocauc(const ThresholdTable& table);

/// Area under PRO over FPR from 0 to `limit`, divided by `limit` (equations: pixel_metrics.h).
/// Undefined without regions or without anomaly-free pixels. O(m).
Metric AreaUnderPro(const ThresholdTable& table, double limit);

}  // namespace touchstone
