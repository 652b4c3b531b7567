#include "set_walk.h"

#include <string>

namespace touchstone {
namespace {

std::vector<Metric> Undefined(std::size_t count, const std::string& reason) {
  return std::vector<Metric>(count, {std::nullopt, reason});
}

}  // namespace

std::string WhyUndefined(const WalkTotals& totals) {
  if (totals.positives == 0) return "no defect region in the ground truth";
  return totals.negatives == 0 ? "no anomaly-free pixel" : "";
}

PixelMetrics UndefinedPixels(const std::string& reason, const AreaLimits& limits) {
  PixelMetrics metrics;
  metrics.ranking = UndefinedRanking(reason);
  metrics.au_pro = Undefined(limits.pro.size(), reason);
  metrics.au_spro = Undefined(limits.spro.size(), reason);
  return metrics;
}

SetWalk::SetWalk(const WalkTotals& totals, const AreaLimits& limits)
    : totals_(totals),
      limits_(limits),
      ranking_(totals),
      pro_(totals, limits.pro),
      spro_(OfChannels(totals), limits.spro),
      edges_(totals) {}

void SetWalk::Take(const ThresholdTable& table, const std::vector<std::uint64_t>& anomaly_free) {
  if (totals_.negatives == 0) return;
  for (std::size_t i = table.keys.size(); i-- > 0;) {
    const bool is_first = i + 1 == table.keys.size();
    // Above the first threshold of a range are those of the ranges before, too.
    ThresholdStep step{ScoreOfKey(table.keys[i]), anomaly_free[2 * i + 2] - (is_first ? taken_ : 0),
                       anomaly_free[2 * i + 1],   table.defects[i],
                       table.weights[i],          table.saturations[i]};
    taken_ += step.negatives_above + step.negatives;
    ranking_.Take(step);
    pro_.Take(step);
    edges_.Take(step);
    step.weight = step.saturation;
    if (totals_.channels > 0) spro_.Take(step);
  }
}

PixelMetrics SetWalk::Finish() {
  const std::string why_undefined = WhyUndefined(totals_);
  PixelMetrics metrics = UndefinedPixels(why_undefined, limits_);
  metrics.num_regions = static_cast<std::uint64_t>(totals_.weight);
  metrics.num_defect_pixels = totals_.positives;
  metrics.num_anomaly_free_pixels = totals_.negatives;
  if (!why_undefined.empty()) return metrics;
  metrics.ranking = ranking_.Finish();
  metrics.ranking.roc = ranking_.Roc();
  metrics.au_pro = pro_.Finish();
  metrics.pro = pro_.Pro();
  metrics.au_spro = totals_.channels > 0
                        ? spro_.Finish()
                        : Undefined(limits_.spro.size(), "no defect is given by itself, with a saturation");
  return metrics;
}

}  // namespace touchstone
