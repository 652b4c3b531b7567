#include "touchstone/metrics/pixel_metrics.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "curves.h"
#include "defect_runs.h"
#include "pixel_histograms.h"
#include "pixel_source.h"
#include "score_bins.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

void RequireLimits(const std::vector<double>& limits) {
  for (const double limit : limits) {
    if (limit > 0 && limit <= 1) continue;
    throw Error(ErrorCode::kOption, "--pro-limit = " + std::to_string(limit) +
                                        ": must be above 0 and at most 1; leave it out for 0.3");
  }
}

using Counts = std::vector<std::uint64_t>;

void AddTo(Counts& sum, const Counts& counts) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counts[i];
}

std::uint64_t Total(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string WhyUndefined(const WalkTotals& totals) {
  if (totals.positives == 0) return "no defect region in the ground truth";
  return totals.negatives == 0 ? "no anomaly-free pixel" : "";
}

// The walk of one set of images down its thresholds, range by range.
class SetWalk {
 public:
  SetWalk(const WalkTotals& totals, const std::vector<double>& limits)
      : totals_(totals), num_limits_(limits.size()), ranking_(totals), pro_(totals, limits), edges_(totals) {}

  // @param anomaly_free  [2 m + 1] all anomaly-free pixels of the set, in the bins of the table's thresholds.
  void Take(const ThresholdTable& table, const Counts& anomaly_free) {
    if (totals_.negatives == 0) return;
    for (std::size_t i = table.keys.size(); i-- > 0;) {
      const bool is_first = i + 1 == table.keys.size();
      // Above the first threshold of a range are those of the ranges before, too.
      const ThresholdStep step{ScoreOfKey(table.keys[i]), anomaly_free[2 * i + 2] - (is_first ? taken_ : 0),
                               anomaly_free[2 * i + 1], table.defects[i], table.weights[i]};
      taken_ += step.negatives_above + step.negatives;
      ranking_.Take(step);
      pro_.Take(step);
      edges_.Take(step);
    }
  }

  PixelMetrics Finish() {
    PixelMetrics metrics;
    metrics.num_regions = static_cast<std::uint64_t>(totals_.weight);
    metrics.num_defect_pixels = totals_.positives;
    metrics.num_anomaly_free_pixels = totals_.negatives;
    const std::string why_undefined = WhyUndefined(totals_);
    if (!why_undefined.empty()) {
      metrics.ranking = UndefinedRanking(why_undefined);
      metrics.au_pro.assign(num_limits_, {std::nullopt, why_undefined});
      return metrics;
    }
    metrics.ranking = ranking_.Finish();
    metrics.ranking.roc = ranking_.Roc();
    metrics.au_pro = pro_.Finish();
    metrics.pro = pro_.Pro();
    return metrics;
  }

  std::vector<std::uint32_t> Edges() { return edges_.Finish(); }

 private:
  WalkTotals totals_;
  std::size_t num_limits_;
  std::uint64_t taken_ = 0;
  RankingWalk ranking_;
  ProWalk pro_;
  EdgeWalk edges_;
};

// The images of each group, by index; the good ones are group "".
using Groups = std::map<std::string, std::vector<std::size_t>>;

// One computation: the groups, and what is known of them between two visits of the images.
class Computation {
 public:
  Computation(const PixelSource& source, const std::vector<double>& limits, const PixelOptions& options)
      : source_(source), limits_(limits), options_(options) {
    Groups groups{{"", {}}};
    for (std::size_t i = 0; i < source.items.size(); ++i) groups[source.items[i].group].push_back(i);
    good_ = std::move(groups.extract("").mapped());
    for (auto& [name, items] : groups) {
      names_.push_back(name);
      items_.push_back(std::move(items));
    }
    totals_.resize(names_.size());
  }

  CategoryPixelMetrics Run() {
    std::uint64_t below = std::uint64_t{1} << 32;
    do {
      DefectGatherer gatherer(below, options_.max_defect_runs);
      Gather(&gatherer);
      WalkRange(gatherer.Finish());
      below = gatherer.lowest();
    } while (below != 0);
    return Finish();
  }

 private:
  // First visit: the defect pixels of a range of scores. What there is in all is counted in the first range.
  void Gather(DefectGatherer* gatherer) {
    const bool is_first = walks_.empty();
    std::vector<std::pair<std::size_t, std::uint32_t>> visits;
    for (std::uint32_t g = 0; g < items_.size(); ++g) {
      for (const std::size_t item : items_[g]) visits.emplace_back(item, g);
    }
    std::vector<WalkTotals> per_image(visits.size());
    ParallelFor(visits.size(), [&](std::size_t i) {
      const ImageDefects defects = FindDefects(ReadChecked(source_, visits[i].first), visits[i].second);
      per_image[i].positives = defects.runs.size();
      per_image[i].weight = static_cast<double>(defects.num_regions);
      gatherer->Add(defects.runs);
    });
    for (std::size_t i = 0; is_first && i < visits.size(); ++i) {
      for (WalkTotals* totals : {&totals_[visits[i].second], &overall_}) {
        totals->positives += per_image[i].positives;
        totals->weight += per_image[i].weight;
      }
    }
  }

  // Second visit: the anomaly-free pixels of some images, between and at the given thresholds.
  Counts CountAnomalyFree(const std::vector<std::size_t>& items,
                          const std::vector<std::uint32_t>& keys) const {
    const ScoreBins bins(keys);
    BinCounter counter(bins);
    ParallelFor(items.size(), [&](std::size_t i) {
      const PixelImage image = ReadChecked(source_, items[i]);
      counter.Count(image.map.values.data(), image.mask ? image.mask->values.data() : nullptr,
                    image.map.values.size());
    });
    return counter.Counts();
  }

  // Walks every set down one range of scores.
  void WalkRange(const std::vector<DefectRun>& runs) {
    ThresholdTable overall;
    std::vector<ThresholdTable> tables(names_.size());
    for (const DefectRun& run : runs) {
      overall.Add(run);
      tables[run.group].Add(run);
    }
    // A group's curve bends at its own thresholds only, so the counts between all of them serve every group.
    const Counts good = CountAnomalyFree(good_, overall.keys);
    Counts all = good;
    for (std::size_t g = 0; g < tables.size(); ++g) {
      Counts counts = CountAnomalyFree(items_[g], overall.keys);
      AddTo(all, counts);
      AddTo(counts, good);
      if (walks_.size() == g) walks_.push_back(NewWalk(totals_[g], Total(counts)));
      walks_[g].Take(tables[g], CoarsenCounts(overall.keys, counts, tables[g].keys));
    }
    if (walks_.size() == tables.size()) walks_.push_back(NewWalk(overall_, Total(all)));
    walks_.back().Take(overall, all);
  }

  SetWalk NewWalk(WalkTotals totals, std::uint64_t num_anomaly_free) const {
    totals.negatives = num_anomaly_free;
    return {totals, limits_};
  }

  CategoryPixelMetrics Finish() {
    CategoryPixelMetrics metrics;
    for (std::size_t g = 0; g < names_.size(); ++g) metrics.per_group.emplace(names_[g], walks_[g].Finish());
    metrics.overall = walks_.back().Finish();
    if (options_.bootstrap.num_resamples > 0 && metrics.overall.ranking.rocauc.value) AddIntervals(&metrics);
    return metrics;
  }

  // Last visit: every image as a histogram, to be drawn many times over.
  void AddIntervals(CategoryPixelMetrics* metrics) {
    const ScoreBins bins(walks_.back().Edges());
    std::vector<PixelHistogram> images(source_.items.size(), PixelHistogram(0));
    ParallelFor(images.size(),
                [&](std::size_t i) { images[i] = CountPixels(ReadChecked(source_, i), bins); });
    const auto of = [&](const std::vector<std::size_t>& items) {
      std::vector<const PixelHistogram*> histograms;
      for (const std::size_t item : items) histograms.push_back(&images[item]);
      return histograms;
    };
    const auto add = [&](const std::vector<const PixelHistogram*>& anomalous, PixelMetrics* figures) {
      if (!figures->ranking.rocauc.value) return;
      const std::vector<Interval> intervals =
          PixelIntervals(of(good_), anomalous, bins.keys(), limits_, options_.bootstrap);
      SetIntervals(intervals, &figures->ranking);
      const std::size_t num_ranking = intervals.size() - limits_.size();
      for (std::size_t i = 0; i < limits_.size(); ++i)
        figures->au_pro[i].interval = intervals[num_ranking + i];
    };
    std::vector<const PixelHistogram*> all;
    for (std::size_t g = 0; g < names_.size(); ++g) {
      const std::vector<const PixelHistogram*> anomalous = of(items_[g]);
      all.insert(all.end(), anomalous.begin(), anomalous.end());
      add(anomalous, &metrics->per_group.at(names_[g]));
    }
    add(all, &metrics->overall);
  }

  const PixelSource& source_;
  const std::vector<double>& limits_;
  const PixelOptions& options_;
  std::vector<std::size_t> good_;
  std::vector<std::string> names_;               // [groups] in the order of their names
  std::vector<std::vector<std::size_t>> items_;  // [groups]
  std::vector<WalkTotals> totals_;               // [groups] without the anomaly-free pixels
  WalkTotals overall_;                           // likewise
  std::vector<SetWalk> walks_;                   // [groups + 1] the last is over all images
};

}  // namespace

CategoryPixelMetrics ComputePixelMetrics(const PixelSource& source, const std::vector<double>& limits,
                                         const PixelOptions& options) {
  RequireLimits(limits);
  return Computation(source, limits, options).Run();
}

}  // namespace touchstone
