#include "app/benchmark_figures.h"

#include <cstdint>
#include <stdexcept>

#include "touchstone/core/usage.h"
#include "touchstone/methods/thresholds.h"
#include "touchstone/metrics/binomial.h"

namespace touchstone {
namespace {

constexpr char kProLimit[] = "0.3";

// The image score of the method's paper, where the images have it.
Metric OwnImageFigure(const MetricsGroup& group, const ScoringOptions& options) {
  const ImageScore own = PaperImageScore(options.method);
  if (own == ImageScore::kMapMax) return group.image_map_max.rocauc;
  if (own == ImageScore::kRetrieval) return group.image_retrieval.rocauc;
  if (options.image_score == own) return group.image_score.rocauc;
  return {std::nullopt,
          "the images were not scored by it (--image-score " + NameOf(ImageScoreNames(), own) + ")"};
}

}  // namespace

void TakeFigures(const MetricsReport& metrics, BenchmarkRow* row) {
  if (metrics.objects.size() != 1) throw std::logic_error("a category was evaluated as several");
  const MetricsGroup& group = metrics.objects.begin()->second.overall;
  row->num_normal = group.num_normal;
  row->num_anomalous = group.num_anomalous;
  row->figures.image_map_max = group.image_map_max.rocauc;
  row->figures.image_own = OwnImageFigure(group, row->options);
  row->figures.pixel = group.pixel.rocauc;
  row->figures.au_pro = group.au_pro.at(kProLimit);
}

void TakeVerdicts(const Results& results, BenchmarkFigures* figures) {
  if (!results.thresholds || !results.thresholds->score) {
    const std::string why = results.thresholds
                                ? WhyNoThreshold(results.thresholds->num_images, results.thresholds->rate)
                                : results.thresholds_reason;
    figures->false_alarms = figures->found = {std::nullopt, why};
    return;
  }
  std::uint64_t num_good = 0, num_false_alarms = 0, num_bad = 0, num_found = 0;
  for (const ImageResult& image : results.images) {
    if (image.failed()) continue;
    const bool is_good = image.label == "good", is_anomalous = image.verdict == "anomalous";
    ++(is_good ? num_good : num_bad);
    num_false_alarms += is_good && is_anomalous;
    num_found += !is_good && is_anomalous;
  }
  figures->false_alarms = BinomialShare(num_false_alarms, num_good);
  figures->found = BinomialShare(num_found, num_bad);
}

}  // namespace touchstone
