#include "curves.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>

namespace touchstone {
namespace {

// Points nearer than this to the last kept one are not kept: bounds a sketch to some thousand points.
constexpr double kSketchStep = 1.0 / 1024;

bool IsFar(CurvePoint a, CurvePoint b) { return b.x - a.x > kSketchStep || b.y - a.y > kSketchStep; }

// How far `point` is above or below the line from a to b, or beside it where that is less.
double Offset(CurvePoint a, CurvePoint b, CurvePoint point) {
  const double cross = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
  return std::abs(cross) / std::max({b.x - a.x, b.y - a.y, 1e-300});
}

// Douglas-Peucker: keeps, between two kept points, the one farthest from their line while it is off by more
// than `tolerance`.
void KeepCorners(const Curve& curve, double tolerance, std::size_t first, std::size_t last,
                 std::vector<char>* is_kept) {
  double largest = tolerance;
  std::size_t corner = first;
  for (std::size_t i = first + 1; i < last; ++i) {
    const double offset = Offset(curve[first], curve[last], curve[i]);
    if (offset > largest) {
      largest = offset;
      corner = i;
    }
  }
  if (corner == first) return;
  (*is_kept)[corner] = 1;
  KeepCorners(curve, tolerance, first, corner, is_kept);
  KeepCorners(curve, tolerance, corner, last, is_kept);
}

Curve Corners(const Curve& curve, double tolerance) {
  std::vector<char> is_kept(curve.size(), 0);
  is_kept.front() = is_kept.back() = 1;
  KeepCorners(curve, tolerance, 0, curve.size() - 1, &is_kept);
  Curve corners;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (is_kept[i] != 0) corners.push_back(curve[i]);
  }
  return corners;
}

}  // namespace

void CurveSketch::LineTo(CurvePoint point) {
  if (IsFar(kept_.back(), point)) {
    kept_.push_back(last_);  // the corner that a jump starts from
    if (IsFar(last_, point)) kept_.push_back(point);
  }
  last_ = point;
}

Curve CurveSketch::Thinned() const {
  Curve curve = kept_;
  curve.insert(curve.end(), {last_, {1, 1}});
  Curve thinned = Corners(curve, 0);
  for (double tolerance = 1e-5; thinned.size() > kMaxCurvePoints; tolerance *= 1.5) {
    thinned = Corners(curve, tolerance);
  }
  return thinned;
}

void RankingWalk::MoveTo() {
  roc_.LineTo({static_cast<double>(false_positives_) / static_cast<double>(totals_.negatives),
               static_cast<double>(true_positives_) / static_cast<double>(totals_.positives)});
}

void RankingWalk::Take(const ThresholdStep& step) {
  false_positives_ += step.negatives_above;
  MoveTo();
  false_positives_ += step.negatives;
  true_positives_ += step.positives;
  MoveTo();
  const auto positives = static_cast<double>(step.positives);
  const std::uint64_t below = totals_.negatives - false_positives_;
  wins_ += positives * static_cast<double>(2 * below + step.negatives);
  const auto found = static_cast<double>(true_positives_);
  const auto called = static_cast<double>(true_positives_ + false_positives_);
  precisions_ += positives * (found / called);
  const double f1 = 2 * found / (called + static_cast<double>(totals_.positives));
  if (f1 > f1_max_) {
    f1_max_ = f1;
    f1_threshold_ = step.score;
  }
}

constexpr Metric RankingFigures::*kMetrics[] = {&RankingFigures::rocauc, &RankingFigures::average_precision,
                                                &RankingFigures::f1_max, &RankingFigures::f1_threshold};

std::vector<double> Values(const RankingFigures& figures) {
  std::vector<double> values;
  for (const auto metric : kMetrics) values.push_back((figures.*metric).value.value());
  return values;
}

void SetIntervals(const std::vector<Interval>& intervals, RankingFigures* figures) {
  if (intervals.empty()) return;
  for (std::size_t i = 0; i < std::size(kMetrics); ++i) (figures->*kMetrics[i]).interval = intervals[i];
}

RankingFigures RankingWalk::Finish() const {
  const auto positives = static_cast<double>(totals_.positives);
  const auto negatives = static_cast<double>(totals_.negatives);
  RankingFigures figures;
  figures.rocauc.value = wins_ / (2 * positives * negatives);
  figures.average_precision.value = precisions_ / positives;
  figures.f1_max.value = f1_max_;
  figures.f1_threshold.value = f1_threshold_;
  return figures;
}

ProWalk::ProWalk(const WalkTotals& totals, const std::vector<double>& limits)
    : negatives_(static_cast<double>(totals.negatives)),
      weight_(totals.weight),
      limits_(limits),
      areas_(limits.size(), 0) {}

void ProWalk::LineTo(CurvePoint point) {
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const double end = std::min(point.x, limits_[i]);
    if (end <= at_.x) continue;
    const double y_at_end = at_.y + (point.y - at_.y) * ((end - at_.x) / (point.x - at_.x));
    areas_[i] += (end - at_.x) * (at_.y + y_at_end) / 2;
  }
  at_ = point;
  curve_.LineTo(point);
}

void ProWalk::Take(const ThresholdStep& step) {
  false_positives_ += step.negatives_above;  // above the score: the curve runs level
  MoveTo();
  false_positives_ += step.negatives;  // at the score: both grow, in one step
  covered_ += step.weight;
  MoveTo();
}

void ProWalk::MoveTo() {
  // Sums of 1 / area may exceed the number of regions by round-off.
  LineTo({static_cast<double>(false_positives_) / negatives_, std::min(covered_ / weight_, 1.0)});
}

std::vector<Metric> ProWalk::Finish() {
  LineTo({1, 1});
  std::vector<Metric> areas;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    // Sums may exceed the limit by round-off; the figure must not exceed 1.
    areas.push_back({std::min(areas_[i] / limits_[i], 1.0), ""});
  }
  return areas;
}

}  // namespace touchstone
