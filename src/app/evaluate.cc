#include "touchstone/app/evaluate.h"

#include "app/category_metrics.h"
#include "app/evaluated_images.h"
#include "app/interruption.h"
#include "touchstone/app/version.h"
#include "touchstone/core/error.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

void CheckBootstrap(const BootstrapOptions& bootstrap) {
  if (bootstrap.num_resamples < 0 || bootstrap.num_resamples > 1000000) {
    throw Error(ErrorCode::kOption,
                "--bootstrap " + std::to_string(bootstrap.num_resamples) +
                    ": must be a number of resamples up to 1000000, or 0 for no intervals");
  }
  if (!(bootstrap.confidence > 0 && bootstrap.confidence < 1)) {
    throw Error(ErrorCode::kOption, "--confidence " + ShortText(bootstrap.confidence) +
                                        ": must be above 0 and below 1; the usual value is 0.95");
  }
}

}  // namespace

void Validate(const EvaluateOptions& options) {
  if (!(options.pro_limit > 0 && options.pro_limit <= 1)) {
    throw Error(ErrorCode::kOption, "--pro-limit " + ShortText(options.pro_limit) +
                                        ": must be above 0 and at most 1; the usual values are 0.3 and 0.05");
  }
  if (options.resolution && (*options.resolution < 1 || *options.resolution > 16384)) {
    throw Error(ErrorCode::kOption, "--resolution " + std::to_string(*options.resolution) +
                                        ": must be 'original' or a side between 1 and 16384 pixels");
  }
  CheckBootstrap(options.bootstrap);
}

MetricsReport Evaluate(const EvaluateOptions& options, ProgressSink& progress) try {
  Validate(options);
  EvaluationInput input = options.results.empty() ? ImagesOfDataset(options) : ImagesOfResults(options);
  MetricsReport report;
  report.touchstone_version = Version();
  report.resolution = options.resolution ? std::to_string(*options.resolution) : "original";
  report.pro_limit = ShortText(options.pro_limit);
  report.bootstrap = options.bootstrap;
  report.label_by_mask = options.label_by_mask;
  for (auto& [name, category] : input.categories) {
    report.objects[name] = EvaluateCategory(std::move(category), options, progress, &input.warnings);
  }
  StopIfInterrupted(progress);
  report.warnings = std::move(input.warnings);
  for (const std::string& warning : report.warnings) progress.Warn(warning);
  return report;
} catch (const Interruption&) {
  progress.End();
  MetricsReport nothing;
  nothing.interrupted = true;
  return nothing;
}

}  // namespace touchstone
