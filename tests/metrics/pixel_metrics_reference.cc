#include "pixel_metrics_reference.h"

#include <algorithm>
#include <set>
#include <utility>

#include "touchstone/metrics/regions.h"

namespace touchstone {
namespace {

struct Samples {
  std::vector<float> anomaly_free;
  std::vector<std::vector<float>> regions;
  std::set<float> scores;
};

Samples Sort(const std::vector<PixelImage>& images) {
  Samples samples;
  for (const PixelImage& image : images) {
    const Regions regions = LabelRegions(image.mask.value_or(Mask{}));
    const std::size_t first = samples.regions.size();
    samples.regions.resize(first + regions.areas.size());
    for (std::size_t p = 0; p < image.map.values.size(); ++p) {
      const int label = regions.labels.empty() ? 0 : regions.labels[p];
      auto& kind = label == 0 ? samples.anomaly_free : samples.regions[first + label - 1];
      kind.push_back(image.map.values[p]);
      samples.scores.insert(image.map.values[p]);
    }
  }
  return samples;
}

double FractionAtOrAbove(const std::vector<float>& scores, float threshold) {
  double count = 0;
  for (const float score : scores) count += score >= threshold ? 1 : 0;
  return count / static_cast<double>(scores.size());
}

// The area below `coverage`, a function of the threshold, over the false-positive rate up to the limit.
template <typename Coverage>
double AreaOf(const Samples& samples, double limit, Coverage coverage) {
  std::vector<std::pair<double, double>> curve = {{0, 0}};
  for (auto threshold = samples.scores.rbegin(); threshold != samples.scores.rend(); ++threshold) {
    curve.emplace_back(FractionAtOrAbove(samples.anomaly_free, *threshold), coverage(*threshold));
  }
  curve.emplace_back(1, 1);
  double area = 0;
  for (std::size_t i = 1; i < curve.size() && curve[i - 1].first < limit; ++i) {
    auto [x0, y0] = curve[i - 1];
    auto [x1, y1] = curve[i];
    if (x1 > limit) {
      y1 = y0 + (y1 - y0) * (limit - x0) / (x1 - x0);
      x1 = limit;
    }
    area += (x1 - x0) * (y0 + y1) / 2;
  }
  return area / limit;
}

}  // namespace

double ReferencePixelRocauc(const std::vector<PixelImage>& images) {
  const Samples samples = Sort(images);
  double wins = 0;
  double pairs = 0;
  for (const auto& region : samples.regions) {
    for (const float a : region) {
      for (const float n : samples.anomaly_free) wins += a > n ? 1.0 : a == n ? 0.5 : 0.0;
      pairs += static_cast<double>(samples.anomaly_free.size());
    }
  }
  return wins / pairs;
}

double ReferenceAuPro(const std::vector<PixelImage>& images, double limit) {
  const Samples samples = Sort(images);
  return AreaOf(samples, limit, [&](float threshold) {
    double pro = 0;
    for (const auto& region : samples.regions) pro += FractionAtOrAbove(region, threshold);
    return pro / static_cast<double>(samples.regions.size());
  });
}

double ReferenceAuSpro(const std::vector<PixelImage>& images, double limit) {
  return AreaOf(Sort(images), limit, [&](float threshold) {
    double sum = 0, num_channels = 0;
    for (const PixelImage& image : images) {
      for (const DefectChannel& channel : image.channels) {
        double num_found = 0;
        for (const std::uint32_t pixel : channel.pixels) num_found += image.map.values[pixel] >= threshold;
        sum += std::min(num_found / channel.saturation_px, 1.0);
        ++num_channels;
      }
    }
    return sum / num_channels;
  });
}

}  // namespace touchstone
