#pragma once

#include <string>
#include <vector>

#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"

namespace touchstone {

/// How well scores tell positives from negatives: images or pixels. With TP(t), FP(t) the positives
/// and negatives of score >= t, P positives and N negatives in all:
///
///   ROCAUC = (#{(n, p): p > n} + 1/2 #{(n, p): p = n}) / (N * P)
///   AP     = sum over distinct scores t, falling, of (recall(t) - recall(t+)) * precision(t)
///   F1-max = max over t of 2 TP(t) / (TP(t) + FP(t) + P)
///
/// where recall = TP / P, precision = TP / (TP + FP) and t+ is the next higher score. Equal scores are one
/// step in all of them. AP is scikit-learn's average_precision_score: no interpolation.
/// [J. A. Hanley, B. J. McNeil, "The Meaning and Use of the Area under a ROC Curve", Radiology 143 (1982).]
struct RankingFigures {
  Metric rocauc;             ///< in [0, 1]; 1/2 is chance
  Metric average_precision;  ///< in (0, 1]; P / (P + N) is chance
  Metric f1_max;             ///< in (0, 1]
  Metric f1_threshold;       ///< the highest t that reaches it: score >= t counts as positive
  Curve roc;                 ///< true- over false-positive rate
};

/// All figures undefined, for this reason.
RankingFigures UndefinedRanking(const std::string& reason);

/// The figures of image scores; positives are the anomalous images.
///
/// @param normal     [N] scores of the normal images, any order; higher = more anomalous.
/// @param anomalous  [P] scores of the anomalous images, any order.
/// @return all of them undefined, with the reason, where N or P is 0.
/// @throws Error kNotFinite if a score is NaN. Infinite scores have their place in the order.
///
/// @param bootstrap  every figure gets an interval; normal and anomalous images are drawn apart.
///
/// Time O((N + P) log(N + P)), and O(N + P) for each resample. Counted in whole numbers: no order of the
/// input alters a bit, and no monotone change of the scores alters more than the threshold. Pixels:
/// pixel_metrics.h.
RankingFigures RankImages(std::vector<double> normal, std::vector<double> anomalous,
                          const BootstrapOptions& bootstrap = {});

}  // namespace touchstone
