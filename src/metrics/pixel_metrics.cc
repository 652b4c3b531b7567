#include "touchstone/metrics/pixel_metrics.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "curves.h"
#include "defect_runs.h"
#include "image_groups.h"
#include "last_visit.h"
#include "pixel_source.h"
#include "score_bins.h"
#include "set_walk.h"
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

// The exact figures: the groups, and what is known of them between two visits of the images.
class Computation {
 public:
  Computation(const PixelSource& source, const AreaLimits& limits, std::size_t max_defect_runs)
      : source_(source),
        limits_(limits),
        max_defect_runs_(max_defect_runs),
        groups_(source.items),
        totals_(groups_.names.size()) {}

  const ImageGroups& groups() const { return groups_; }

  CategoryPixelMetrics Run() {
    std::uint64_t below = std::uint64_t{1} << 32;
    do {
      DefectGatherer gatherer(below, max_defect_runs_);
      Gather(&gatherer);
      WalkRange(gatherer.Finish());
      below = gatherer.lowest();
    } while (below != 0);
    CategoryPixelMetrics metrics;
    for (std::size_t g = 0; g < groups_.names.size(); ++g) {
      metrics.per_group.emplace(groups_.names[g], walks_[g].Finish());
    }
    metrics.overall = walks_.back().Finish();
    return metrics;
  }

  // After Run: where histograms of all images should have their edges.
  std::vector<std::uint32_t> Edges() { return walks_.back().Edges(); }

 private:
  // First visit: the defect pixels of a range of scores. What there is in all is counted in the first range.
  void Gather(DefectGatherer* gatherer) {
    const bool is_first = walks_.empty();
    std::vector<std::pair<std::size_t, std::uint32_t>> visits;
    for (std::uint32_t g = 0; g < groups_.images.size(); ++g) {
      for (const std::size_t item : groups_.images[g]) visits.emplace_back(item, g);
    }
    std::vector<WalkTotals> per_image(visits.size());
    ParallelFor(visits.size(), [&](std::size_t i) {
      const PixelImage image = ReadChecked(source_, visits[i].first);
      const ImageDefects defects = FindDefects(image, RegionsOf(image), visits[i].second);
      per_image[i].positives = defects.num_pixels;
      per_image[i].weight = static_cast<double>(defects.num_regions);
      per_image[i].channels = static_cast<double>(defects.num_channels);
      gatherer->Add(defects.runs);
    });
    for (std::size_t i = 0; is_first && i < visits.size(); ++i) {
      for (WalkTotals* totals : {&totals_[visits[i].second], &overall_}) {
        totals->positives += per_image[i].positives;
        totals->weight += per_image[i].weight;
        totals->channels += per_image[i].channels;
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
    std::vector<ThresholdTable> tables(groups_.names.size());
    for (const DefectRun& run : runs) {
      overall.Add(run);
      tables[run.group].Add(run);
    }
    // A group's curve bends at its own thresholds only, so the counts between all of them serve every group.
    const Counts good = CountAnomalyFree(groups_.good, overall.keys);
    Counts all = good;
    for (std::size_t g = 0; g < tables.size(); ++g) {
      Counts counts = CountAnomalyFree(groups_.images[g], overall.keys);
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

  const PixelSource& source_;
  const AreaLimits& limits_;
  std::size_t max_defect_runs_;
  ImageGroups groups_;
  std::vector<WalkTotals> totals_;  // [groups] without the anomaly-free pixels
  WalkTotals overall_;              // likewise
  std::vector<SetWalk> walks_;      // [groups + 1] the last is over all images
};

}  // namespace

CategoryPixelMetrics ComputePixelMetrics(const PixelSource& source, const std::vector<double>& limits,
                                         const PixelOptions& options) {
  RequireLimits(limits);
  RequireLimits(options.spro_limits);
  const AreaLimits area_limits{limits, options.spro_limits};
  Computation computation(source, area_limits, options.max_defect_runs);
  CategoryPixelMetrics metrics = computation.Run();
  VisitOnceMore(source, computation.groups(), area_limits, options, computation.Edges(), &metrics);
  return metrics;
}

}  // namespace touchstone
