#include "pixel_histograms.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "resampling.h"

namespace touchstone {
namespace {

using Histograms = std::vector<const PixelHistogram*>;

void AddResample(const Histograms& images, Random& random, PixelHistogram* sum) {
  const std::vector<std::uint32_t> times = DrawAnew(images.size(), random);
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (times[i] != 0) sum->Add(*images[i], times[i]);
  }
}

std::uint64_t Total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

// The figures of one resample; none where it has not both kinds of pixels.
std::vector<double> FiguresOf(const PixelHistogram& pixels, const std::vector<std::uint32_t>& edges,
                              const AreaLimits& limits) {
  const WalkTotals totals{Total(pixels.defects), Total(pixels.anomaly_free), pixels.num_regions,
                          pixels.num_channels};
  if (totals.positives == 0 || totals.negatives == 0) return {};
  if (!limits.spro.empty() && totals.channels == 0) return {};
  RankingWalk ranking(totals);
  ProWalk pro(totals, limits.pro), spro(OfChannels(totals), limits.spro);
  std::uint64_t negatives_above = 0;
  for (std::size_t bin = pixels.defects.size(); bin-- > 0;) {
    if (pixels.defects[bin] == 0) {  // the curves run level
      negatives_above += pixels.anomaly_free[bin];
      continue;
    }
    ThresholdStep step{ScoreOfKey(edges[(bin - 1) / 2]),
                       negatives_above,
                       pixels.anomaly_free[bin],
                       pixels.defects[bin],
                       pixels.weights[bin],
                       pixels.saturations[bin]};
    ranking.Take(step);
    pro.Take(step);
    step.weight = step.saturation;
    if (!limits.spro.empty()) spro.Take(step);
    negatives_above = 0;
  }
  std::vector<double> figures = Values(ranking.Finish());
  for (const Metric& area : pro.Finish()) figures.push_back(*area.value);
  for (const Metric& area : spro.Finish()) figures.push_back(*area.value);
  return figures;
}

}  // namespace

void PixelHistogram::Add(const PixelHistogram& other, std::uint32_t times) {
  for (std::size_t bin = 0; bin < weights.size(); ++bin) {
    anomaly_free[bin] += times * other.anomaly_free[bin];
    defects[bin] += times * other.defects[bin];
    weights[bin] += times * other.weights[bin];
    saturations[bin] += times * other.saturations[bin];
  }
  num_regions += times * other.num_regions;
  num_channels += times * other.num_channels;
}

bool EdgeWalk::AreFar(const Place& a, const Place& b) {
  constexpr double kFar = 1.0 / 256;
  return b.root_of_rate - a.root_of_rate > kFar || b.coverage - a.coverage > kFar ||
         b.saturation - a.saturation > kFar;
}

void EdgeWalk::Keep(const Place& place) {
  const std::uint32_t key = OrderKey(place.score);
  if (falling_.empty() || falling_.back() != key) falling_.push_back(key);
  kept_ = place;
}

void EdgeWalk::Take(const ThresholdStep& step) {
  false_positives_ += step.negatives_above + step.negatives;
  covered_ += step.weight;
  saturated_ += step.saturation;
  const double rate = static_cast<double>(false_positives_) / static_cast<double>(totals_.negatives);
  const Place here{static_cast<float>(step.score), std::sqrt(rate), covered_ / totals_.weight,
                   saturated_ / std::max(totals_.channels, 1.0)};
  const bool is_first = covered_ == step.weight;
  if (!is_first && AreFar(kept_, here)) Keep(last_);
  if (AreFar(kept_, here)) Keep(here);
  last_ = here;
}

std::vector<std::uint32_t> EdgeWalk::Finish() {
  Keep(last_);
  return {falling_.rbegin(), falling_.rend()};
}

PixelHistogram CountPixels(const PixelImage& image, const ImageDefects& defects, const ScoreBins& bins) {
  PixelHistogram pixels(bins.num_bins());
  std::vector<std::uint32_t> anomaly_free(bins.num_bins());
  std::vector<float> scratch;
  const auto& scores = image.map.values;
  bins.Count(scores.data(), image.mask ? image.mask->values.data() : nullptr, scores.size(),
             anomaly_free.data(), &scratch);
  std::copy(anomaly_free.begin(), anomaly_free.end(), pixels.anomaly_free.begin());
  for (const DefectRun& run : defects.runs) {
    const std::size_t bin = bins.BinOf(ScoreOfKey(run.key));
    const double share = 1.0 / static_cast<double>(run.area);
    if (run.is_channel) {
      pixels.saturations[bin] += share;
    } else {
      ++pixels.defects[bin];
      pixels.weights[bin] += share;
    }
  }
  pixels.num_regions = static_cast<double>(defects.num_regions);
  pixels.num_channels = static_cast<double>(defects.num_channels);
  return pixels;
}

std::vector<Interval> PixelIntervals(const Histograms& normal, const Histograms& anomalous,
                                     const std::vector<std::uint32_t>& edges, const AreaLimits& limits,
                                     const BootstrapOptions& bootstrap) {
  return PercentileIntervals(bootstrap, [&](Random& random) {
    PixelHistogram sum(2 * edges.size() + 1);
    AddResample(normal, random, &sum);
    AddResample(anomalous, random, &sum);
    return FiguresOf(sum, edges, limits);
  });
}

}  // namespace touchstone
