#include "touchstone/metrics/pixel_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "curves.h"
#include "score_bins.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/metrics/regions.h"

namespace touchstone {
namespace {

std::string Text(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

std::size_t Area(Size size) { return static_cast<std::size_t>(size.width) * size.height; }

void RequireLimits(const std::vector<double>& limits) {
  for (const double limit : limits) {
    if (limit > 0 && limit <= 1) continue;
    throw Error(ErrorCode::kOption, "--pro-limit = " + std::to_string(limit) +
                                        ": must be above 0 and at most 1; leave it out for 0.3");
  }
}

void RequireUsable(const PixelImage& image, const std::string& name) {
  const Size size = image.map.size;
  if (size.width < 0 || size.height < 0 || image.map.values.size() != Area(size)) {
    throw Error(ErrorCode::kShape,
                "a map of " + std::to_string(image.map.values.size()) + " values: must be " + Text(size),
                name);
  }
  if (image.mask && image.mask->size != size) {
    throw Error(ErrorCode::kShape,
                "the mask is " + Text(image.mask->size) + ": must have the size of the map, " + Text(size),
                name);
  }
  if (image.mask && image.mask->values.size() != Area(size)) {
    throw Error(ErrorCode::kShape,
                "a mask of " + std::to_string(image.mask->values.size()) + " values: must be " + Text(size),
                name);
  }
  const auto& values = image.map.values;
  const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return std::isnan(value); });
  if (bad != values.end()) {
    const auto at = static_cast<std::size_t>(bad - values.begin());
    throw Error(ErrorCode::kNotFinite,
                "the map is NaN at (" + std::to_string(at % size.width) + ", " +
                    std::to_string(at / size.width) + "): every value must be a number",
                name);
  }
}

void RequireNoDefect(const PixelImage& good, const std::string& name) {
  if (!good.mask) return;
  const auto& values = good.mask->values;
  if (std::all_of(values.begin(), values.end(), [](std::uint8_t value) { return value == 0; })) return;
  throw Error(ErrorCode::kResults,
              "a good image whose mask has defect pixels: empty the mask, or move the image to the folder "
              "of its defect",
              name);
}

PixelImage ReadChecked(const PixelSource& source, std::size_t i) {
  PixelImage image = source.read(i);
  RequireUsable(image, source.items[i].name);
  return image;
}

// One ground-truth pixel. As one integer it sorts by score, then by region: a total order, so that
// sums over equal scores always run in the same order.
using DefectPixel = std::uint64_t;
constexpr int kRegionBits = 32;
DefectPixel MakeDefectPixel(std::uint32_t key, std::uint32_t region) {
  return DefectPixel{key} << kRegionBits | region;
}
std::uint32_t KeyOf(DefectPixel pixel) { return static_cast<std::uint32_t>(pixel >> kRegionBits); }
std::uint32_t RegionOf(DefectPixel pixel) { return static_cast<std::uint32_t>(pixel); }

// The ground truth of a set of images: its pixels, and the areas of the regions they refer to.
struct Defects {
  std::vector<DefectPixel> pixels;
  std::vector<std::int64_t> areas;  // [regions]

  void Append(const Defects& other) {
    const auto offset = static_cast<std::uint32_t>(areas.size());
    areas.insert(areas.end(), other.areas.begin(), other.areas.end());
    pixels.reserve(std::max(pixels.capacity(), pixels.size() + other.pixels.size()));
    for (const DefectPixel pixel : other.pixels) pixels.push_back(pixel + offset);
  }
};

Defects FindDefects(const PixelImage& image) {
  Defects defects;
  if (!image.mask) return defects;
  Regions regions = LabelRegions(*image.mask);
  for (std::size_t p = 0; p < regions.labels.size(); ++p) {
    if (regions.labels[p] == 0) continue;
    defects.pixels.push_back(
        MakeDefectPixel(OrderKey(image.map.values[p]), static_cast<std::uint32_t>(regions.labels[p] - 1)));
  }
  defects.areas = std::move(regions.areas);
  return defects;
}

/// Everything that the ROC and PRO curves of one set of images depend on. Thresholds are the
/// distinct scores of its defect pixels, ascending: t_0 < ... < t_{m-1}.
struct ThresholdTable {
  std::vector<std::uint32_t> keys;     ///< [m] of the scores t_i
  std::vector<std::uint64_t> defects;  ///< [m] defect pixels with score t_i; >= 1
  std::vector<double> weights;         ///< [m] sum over those pixels of 1 / area of their region
  std::uint64_t num_regions = 0;
};

ThresholdTable MakeThresholds(Defects defects) {
  std::sort(defects.pixels.begin(), defects.pixels.end());
  ThresholdTable table;
  for (const DefectPixel pixel : defects.pixels) {
    if (table.keys.empty() || table.keys.back() != KeyOf(pixel)) {
      table.keys.push_back(KeyOf(pixel));
      table.defects.push_back(0);
      table.weights.push_back(0);
    }
    ++table.defects.back();
    table.weights.back() += 1.0 / static_cast<double>(defects.areas[RegionOf(pixel)]);
  }
  table.num_regions = defects.areas.size();
  return table;
}

using Counts = std::vector<std::uint64_t>;

void AddTo(Counts& sum, const Counts& counts) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counts[i];
}

// The images of each group, by index; the good ones are group "".
using Groups = std::map<std::string, std::vector<std::size_t>>;

Groups GroupItems(const PixelSource& source) {
  Groups groups{{"", {}}};
  for (std::size_t i = 0; i < source.items.size(); ++i) groups[source.items[i].group].push_back(i);
  return groups;
}

// First visit: the defect pixels of one group, in the order of its images.
Defects GatherDefects(const PixelSource& source, const std::vector<std::size_t>& items) {
  std::vector<Defects> per_image(items.size());
  ParallelFor(items.size(),
              [&](std::size_t i) { per_image[i] = FindDefects(ReadChecked(source, items[i])); });
  Defects all;
  for (Defects& defects : per_image) {
    all.Append(defects);
    defects = {};
  }
  return all;
}

// Second visit: the anomaly-free pixels of one group, between and at the given thresholds.
Counts CountAnomalyFree(const PixelSource& source, const std::vector<std::size_t>& items,
                        const std::vector<std::uint32_t>& keys) {
  ScoreBins bins(keys);
  ParallelFor(items.size(), [&](std::size_t i) {
    const PixelImage image = ReadChecked(source, items[i]);
    if (source.items[items[i]].group.empty()) RequireNoDefect(image, source.items[items[i]].name);
    bins.Count(image.map.values.data(), image.mask ? image.mask->values.data() : nullptr,
               image.map.values.size());
  });
  return bins.Counts();
}

std::uint64_t Total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string WhyUndefined(const WalkTotals& totals) {
  if (totals.positives == 0) return "no defect region in the ground truth";
  return totals.negatives == 0 ? "no anomaly-free pixel" : "";
}

// The figures of one set of images, from its thresholds and its anomaly-free pixels in the bins of
// score_bins.h.
PixelMetrics Finish(const ThresholdTable& table, const Counts& anomaly_free,
                    const std::vector<double>& limits) {
  PixelMetrics metrics;
  metrics.num_regions = table.num_regions;
  metrics.num_defect_pixels = Total(table.defects);
  metrics.num_anomaly_free_pixels = Total(anomaly_free);
  const WalkTotals totals{metrics.num_defect_pixels, metrics.num_anomaly_free_pixels,
                          static_cast<double>(table.num_regions)};
  const std::string why_undefined = WhyUndefined(totals);
  if (!why_undefined.empty()) {
    metrics.ranking = UndefinedRanking(why_undefined);
    metrics.au_pro.assign(limits.size(), {std::nullopt, why_undefined});
    return metrics;
  }
  RankingWalk ranking(totals);
  ProWalk pro(totals, limits);
  for (std::size_t i = table.keys.size(); i-- > 0;) {
    const ThresholdStep step{ScoreOfKey(table.keys[i]), anomaly_free[2 * i + 2], anomaly_free[2 * i + 1],
                             table.defects[i], table.weights[i]};
    ranking.Take(step);
    pro.Take(step);
  }
  metrics.ranking = ranking.Finish();
  ProWalk::Result result = pro.Finish();
  metrics.au_pro = std::move(result.areas);
  metrics.pro = std::move(result.curve);
  return metrics;
}

}  // namespace

CategoryPixelMetrics ComputePixelMetrics(const PixelSource& source, const std::vector<double>& limits) {
  RequireLimits(limits);
  Groups groups = GroupItems(source);
  const std::vector<std::size_t> good_items = std::move(groups.extract("").mapped());

  std::map<std::string, ThresholdTable> tables;
  Defects all_defects;
  for (const auto& [group, items] : groups) {
    Defects defects = GatherDefects(source, items);
    all_defects.Append(defects);
    tables.emplace(group, MakeThresholds(std::move(defects)));
  }
  const ThresholdTable overall = MakeThresholds(std::move(all_defects));

  // A group's curve bends at its own thresholds only, so the counts between all of them serve every group.
  const Counts good = CountAnomalyFree(source, good_items, overall.keys);
  Counts all = good;
  CategoryPixelMetrics metrics;
  for (const auto& [group, items] : groups) {
    const ThresholdTable& table = tables.at(group);
    Counts counts = CountAnomalyFree(source, items, overall.keys);
    AddTo(all, counts);
    AddTo(counts, good);
    metrics.per_group.emplace(group, Finish(table, CoarsenCounts(overall.keys, counts, table.keys), limits));
  }
  metrics.overall = Finish(overall, all, limits);
  return metrics;
}

}  // namespace touchstone
