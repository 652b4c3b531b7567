#include "curves.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace touchstone {
namespace {

Metric WhyUndefined(const ThresholdTable& table) {
  if (table.defects.empty()) return {std::nullopt, "no defect region in the ground truth"};
  if (Total(table.anomaly_free) == 0) return {std::nullopt, "no anomaly-free pixel"};
  return {};
}

// The area under a curve that is handed over point by point, up to a limit on the x axis.
class LimitedArea {
 public:
  explicit LimitedArea(double limit) : limit_(limit) {}

  void LineTo(double x, double y) {
    const double end = std::min(x, limit_);
    if (end > x_) {
      const double y_at_end = y_ + (y - y_) * ((end - x_) / (x - x_));
      area_ += (end - x_) * (y_ + y_at_end) / 2;
    }
    x_ = x;
    y_ = y;
  }

  double area() const { return area_; }

 private:
  double limit_;
  double x_ = 0;
  double y_ = 0;
  double area_ = 0;
};

}  // namespace

std::uint64_t Total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Metric PixelRocauc(const ThresholdTable& table) {
  Metric undefined = WhyUndefined(table);
  if (!undefined.reason.empty()) return undefined;
  double wins = 0;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < table.defects.size(); ++i) {
    below += table.anomaly_free[2 * i];
    const std::uint64_t equal = table.anomaly_free[2 * i + 1];
    wins +=
        static_cast<double>(table.defects[i]) * (static_cast<double>(below) + static_cast<double>(equal) / 2);
    below += equal;
  }
  const auto num_defects = static_cast<double>(Total(table.defects));
  const auto num_anomaly_free = static_cast<double>(Total(table.anomaly_free));
  return {wins / (num_defects * num_anomaly_free), ""};
}

Metric AreaUnderPro(const ThresholdTable& table, double limit) {
  Metric undefined = WhyUndefined(table);
  if (!undefined.reason.empty()) return undefined;
  const auto num_anomaly_free = static_cast<double>(Total(table.anomaly_free));
  const auto num_regions = static_cast<double>(table.num_regions);
  LimitedArea curve(limit);
  std::uint64_t false_positives = 0;
  double covered = 0;  // sum over regions of their covered fraction
  for (std::size_t i = table.defects.size(); i-- > 0;) {
    false_positives += table.anomaly_free[2 * i + 2];  // above t_i: the curve runs level
    curve.LineTo(static_cast<double>(false_positives) / num_anomaly_free, covered / num_regions);
    false_positives += table.anomaly_free[2 * i + 1];  // at t_i: both grow, in one step
    covered += table.weights[i];
    curve.LineTo(static_cast<double>(false_positives) / num_anomaly_free, covered / num_regions);
  }
  curve.LineTo(1, 1);
  // Sums of 1 / area may exceed the number of regions by round-off; the figure must not exceed 1.
  return {std::min(curve.area() / limit, 1.0), ""};
}

}  // namespace touchstone
