#pragma once

#include <cstdint>
#include <vector>

#include "touchstone/metrics/metric.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {

/// What there is in all, known before a walk begins.
struct WalkTotals {
  std::uint64_t positives = 0;
  std::uint64_t negatives = 0;
  double weight = 0;    ///< sum of the positives' weights: for PRO the number of regions
  double channels = 0;  ///< for sPRO the number of channels
};

/// The same for a walk whose weights are of channels.
inline WalkTotals OfChannels(WalkTotals totals) {
  totals.weight = totals.channels;
  return totals;
}

/// One step of a walk down the distinct scores of the positives. Between two of them a ROC or PRO curve
/// runs level, so nothing has to be known of the negatives there but their number.
struct ThresholdStep {
  double score = 0;
  std::uint64_t negatives_above = 0;  ///< negatives between this score and that of the step before
  std::uint64_t negatives = 0;        ///< with this score
  std::uint64_t positives = 0;        ///< with this score
  double weight = 0;                  ///< sum of those positives' weights (PRO only)
  double saturation = 0;              ///< likewise for sPRO
};

/// Upper ends of the false-positive axis.
struct AreaLimits {
  std::vector<double> pro;
  std::vector<double> spro;  ///< none = no sPRO
};

/// Collects points of a monotone curve that arrive in its order, as many as there may be, in bounded memory.
class CurveSketch {
 public:
  void LineTo(CurvePoint point);

  /// The curve on to (1, 1), in at most kMaxCurvePoints points; between them it is off by no more than what
  /// cannot be seen (below 1/1000 of the axis wherever so few points allow it).
  Curve Thinned() const;

 private:
  Curve kept_{{0, 0}};
  CurvePoint last_;
};

/// ROCAUC, AP and F1-max (equations: ranking.h) from a walk down the positives' scores. O(1) a step.
class RankingWalk {
 public:
  /// @param totals  of both kinds at least 1.
  explicit RankingWalk(const WalkTotals& totals) : totals_(totals) {}
  void Take(const ThresholdStep& step);
  /// All figures but the curve.
  RankingFigures Finish() const;
  Curve Roc() const { return roc_.Thinned(); }

 private:
  void MoveTo();

  WalkTotals totals_;
  std::uint64_t true_positives_ = 0;
  std::uint64_t false_positives_ = 0;
  double wins_ = 0;  // in units of 1/2, so that ties stay whole numbers
  double precisions_ = 0;
  double f1_max_ = 0;
  double f1_threshold_ = 0;
  CurveSketch roc_;
};

/// The values of all metrics of some defined figures, in one order; and the way to give them intervals.
std::vector<double> Values(const RankingFigures& figures);
void SetIntervals(const std::vector<Interval>& intervals, RankingFigures* figures);

/// Area under PRO over FPR up to some limits (equations: pixel_metrics.h), from the same walk.
class ProWalk {
 public:
  ProWalk(const WalkTotals& totals, const std::vector<double>& limits);
  void Take(const ThresholdStep& step);

  /// One area per limit, divided by it.
  std::vector<Metric> Finish();
  /// The curve, after Finish.
  Curve Pro() const { return curve_.Thinned(); }

 private:
  void LineTo(CurvePoint point);
  void MoveTo();

  double negatives_;
  double weight_;
  std::uint64_t false_positives_ = 0;
  double covered_ = 0;
  CurvePoint at_;
  std::vector<double> limits_;
  std::vector<double> areas_;
  CurveSketch curve_;
};

}  // namespace touchstone
