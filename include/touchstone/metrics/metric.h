#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// A confidence interval.
struct Interval {
  double low = 0;
  double high = 0;
  /// What it was made from, in the order of the draws; null where that was not kept (bootstrap.h).
  std::shared_ptr<const std::vector<double>> resamples = nullptr;
};

/// One figure, or the reason why there is none. Never NaN, and never 0 in place of "undefined".
struct Metric {
  std::optional<double> value;                      ///< empty where the figure is undefined
  std::string reason;                               ///< why; empty where there is a value
  std::optional<Interval> interval = std::nullopt;  ///< where one was asked for (bootstrap.h)
};

/// One point of a ROC or PRO curve, both coordinates in [0, 1].
struct CurvePoint {
  double x = 0;  ///< false-positive rate
  double y = 0;  ///< true-positive rate or region coverage
};

/// A curve for drawing: at most kMaxCurvePoints points, joined by straight lines, x and y never
/// falling, from (0, 0) to (1, 1). Empty where its figure is undefined.
using Curve = std::vector<CurvePoint>;
inline constexpr int kMaxCurvePoints = 200;

}  // namespace touchstone
