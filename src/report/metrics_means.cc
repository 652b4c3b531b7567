#include "metrics_means.h"

#include <vector>

namespace touchstone {
namespace {

// The mean of one figure over all groups, or why there is none.
template <typename Get>
Metric MeanOf(const Groups& groups, Draws draws, double confidence, Get get) {
  double sum = 0;
  std::vector<Interval> intervals;
  for (const auto& [name, group] : groups) {
    const Metric metric = get(*group);
    if (!metric.value) return {std::nullopt, "undefined for " + name + ": " + metric.reason};
    sum += *metric.value;
    if (metric.interval) intervals.push_back(*metric.interval);
  }
  if (groups.empty()) return {std::nullopt, "there are no objects"};
  Metric mean{sum / static_cast<double>(groups.size()), ""};
  std::vector<const Interval*> all;
  for (const Interval& interval : intervals) all.push_back(&interval);
  if (all.size() == groups.size()) mean.interval = IntervalOfMean(all, draws, confidence);
  return mean;
}

// The mean of an area at every limit that any of the groups has.
std::map<std::string, Metric> MeanAreas(const Groups& groups, Draws draws, double confidence,
                                        std::map<std::string, Metric> MetricsGroup::*areas) {
  std::map<std::string, Metric> means;
  for (const auto& named : groups) {
    for (const auto& entry : named.second->*areas) means[entry.first] = {};
  }
  for (auto& [limit, mean] : means) {
    mean = MeanOf(groups, draws, confidence, [&, &at = limit](const MetricsGroup& g) {
      const auto found = (g.*areas).find(at);
      return found != (g.*areas).end() ? found->second : Metric{std::nullopt, "it has no such figure"};
    });
  }
  return means;
}

}  // namespace

MetricsGroup MeanOver(const Groups& groups, Draws draws, double confidence) {
  MetricsGroup mean;
  for (const auto figures : {&MetricsGroup::image_score, &MetricsGroup::image_retrieval,
                             &MetricsGroup::image_map_max, &MetricsGroup::pixel}) {
    for (const auto figure :
         {&RankingFigures::rocauc, &RankingFigures::average_precision, &RankingFigures::f1_max}) {
      mean.*figures.*figure =
          MeanOf(groups, draws, confidence, [&](const MetricsGroup& g) { return g.*figures.*figure; });
    }
  }
  mean.au_pro = MeanAreas(groups, draws, confidence, &MetricsGroup::au_pro);
  mean.au_spro = MeanAreas(groups, draws, confidence, &MetricsGroup::au_spro);
  return mean;
}

MetricsGroup Mean(const MetricsReport& report) {
  Groups groups;
  for (const auto& [name, object] : report.objects) groups[name] = &object.overall;
  return MeanOver(groups, Draws::kIndependent, report.bootstrap.confidence);
}

}  // namespace touchstone
