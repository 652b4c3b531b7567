#pragma once

#include <vector>

#include "touchstone/metrics/metric.h"

namespace touchstone {

/// Area under the receiver operating characteristic, as the Mann-Whitney statistic:
///
///   ROCAUC = (#{(n, a): a > n} + 1/2 #{(n, a): a = n}) / (N * A)
///
/// over all pairs of a normal score n and an anomalous score a: the chance that a random
/// anomalous image scores above a random normal one, ties counting half.
/// [J. A. Hanley, B. J. McNeil, "The Meaning and Use of the Area under a ROC Curve", Radiology
/// 143 (1982), section "The Wilcoxon statistic".]
///
/// @param normal     [N] scores of the normal images, any order; higher = more anomalous.
/// @param anomalous  [A] scores of the anomalous images, any order.
/// @return a figure in [0, 1]; undefined, with the reason, where N or A is 0.
/// @throws Error kNotFinite if a score is NaN. Infinite scores have their place in the order.
///
/// Time O((N + A) log(N + A)). The pairs are counted in integers: no order of the input and no
/// monotone change of the scores alters a bit. Pixel level: pixel_metrics.h.
Metric Rocauc(std::vector<double> normal, std::vector<double> anomalous);

}  // namespace touchstone
