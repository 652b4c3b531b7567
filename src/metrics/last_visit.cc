#include "last_visit.h"

#include <optional>

#include "image_figures.h"
#include "pixel_histograms.h"
#include "pixel_source.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

using Histograms = std::vector<const PixelHistogram*>;

bool IsDefined(const std::vector<Metric>& areas) { return !areas.empty() && areas[0].value.has_value(); }

// The intervals of one set of images.
void AddIntervals(const Histograms& normal, const Histograms& anomalous,
                  const std::vector<std::uint32_t>& edges, AreaLimits limits,
                  const BootstrapOptions& bootstrap, PixelMetrics* figures) {
  if (!figures->ranking.rocauc.value) return;
  if (!IsDefined(figures->au_spro)) limits.spro.clear();
  const std::vector<Interval> intervals = PixelIntervals(normal, anomalous, edges, limits, bootstrap);
  if (intervals.empty()) return;
  SetIntervals(intervals, &figures->ranking);
  std::size_t next = intervals.size() - limits.pro.size() - limits.spro.size();
  for (Metric& area : figures->au_pro) area.interval = intervals[next++];
  for (std::size_t i = 0; i < limits.spro.size(); ++i) figures->au_spro[i].interval = intervals[next++];
}

}  // namespace

void VisitOnceMore(const PixelSource& source, const ImageGroups& groups, const AreaLimits& limits,
                   const PixelOptions& options, const std::vector<std::uint32_t>& edges,
                   CategoryPixelMetrics* metrics) {
  const bool has_intervals = options.bootstrap.num_resamples > 0 && metrics->overall.ranking.rocauc.value;
  if (!has_intervals && !options.per_image) return;
  const ScoreBins bins(edges);
  std::vector<PixelHistogram> histograms(source.items.size(), PixelHistogram(0));
  if (options.per_image) metrics->per_image.resize(source.items.size());
  ParallelFor(source.items.size(), [&](std::size_t i) {
    const PixelImage image = ReadChecked(source, i);
    const Regions regions = RegionsOf(image);
    const ImageDefects defects = FindDefects(image, regions, 0);
    if (has_intervals) histograms[i] = CountPixels(image, defects, bins);
    if (options.per_image) {
      metrics->per_image[i] =
          FiguresOfImage(image, regions, defects, limits, metrics->overall.ranking.f1_threshold.value);
    }
  });
  if (!has_intervals) return;
  const auto of = [&](const std::vector<std::size_t>& items) {
    Histograms its;
    for (const std::size_t item : items) its.push_back(&histograms[item]);
    return its;
  };
  const Histograms normal = of(groups.good);
  Histograms all;
  for (std::size_t g = 0; g < groups.names.size(); ++g) {
    const Histograms anomalous = of(groups.images[g]);
    all.insert(all.end(), anomalous.begin(), anomalous.end());
    AddIntervals(normal, anomalous, edges, limits, options.bootstrap,
                 &metrics->per_group.at(groups.names[g]));
  }
  AddIntervals(normal, all, edges, limits, options.bootstrap, &metrics->overall);
}

}  // namespace touchstone
