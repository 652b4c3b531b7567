#include "app/fit_plan.h"

#include <algorithm>

#include "touchstone/app/version.h"
#include "touchstone/core/error.h"
#include "touchstone/methods/gaussians.h"

namespace touchstone {
namespace {

// --dims where it was not given, and whether the levels have as many channels where it was.
void ChooseDims(const ExtractorInfo& info, ScoringOptions* options) {
  const int total = NumChannels(info, options->levels);
  if (options->dims > total) {
    throw Error(ErrorCode::kOption, "--dims " + std::to_string(options->dims) + ": the levels have only " +
                                        std::to_string(total) +
                                        " channels; leave it out for the paper's choice");
  }
  if (options->dims == 0) options->dims = std::min(DefaultDims(info.name), total);
}

}  // namespace

int NumChannels(const ExtractorInfo& info, const std::vector<int>& levels) {
  int total = 0;
  for (const int level : levels) total += info.levels.at(static_cast<std::size_t>(level) - 1).channels;
  return total;
}

Preprocessing PreprocessingFrom(const FitOptions& options, const ExtractorInfo& info) {
  Preprocessing preprocessing;
  preprocessing.resize = options.resize;
  preprocessing.crop = options.crop;
  preprocessing.white_level = options.white_level;
  preprocessing.mean = info.mean;
  preprocessing.stddev = info.stddev;
  return preprocessing;
}

std::vector<int> LevelsFor(const ScoringOptions& options, const ExtractorInfo& info) {
  if (!options.levels.empty()) return options.levels;
  const auto defaults = info.default_levels.find(NameOf(MethodNames(), options.method));
  if (defaults != info.default_levels.end() && !defaults->second.empty()) return defaults->second;
  std::vector<int> all;
  for (std::size_t l = 0; l < info.levels.size(); ++l) all.push_back(static_cast<int>(l) + 1);
  return all;
}

WantedOutputs OutputsFor(Method method, const std::vector<int>& levels) {
  if (method == Method::kSpade) return {};
  return {*std::max_element(levels.begin(), levels.end()), false};
}

GalleryManifest ManifestFor(const FitOptions& options, const ExtractorInfo& info) {
  GalleryManifest manifest;
  manifest.touchstone_version = Version();
  manifest.options = options.scoring;
  manifest.options.levels = LevelsFor(options.scoring, info);
  Validate(manifest.options, static_cast<int>(info.levels.size()));
  if (manifest.options.method == Method::kPadim) {
    ChooseDims(info, &manifest.options);
    if (options.dtype == TensorType::kFloat16) {
      throw Error(ErrorCode::kOption, "--dtype float16: padim's Gaussians need float32; leave it out");
    }
  }
  manifest.preprocessing = PreprocessingFrom(options, info);
  manifest.extractor = {info.name, "", static_cast<std::size_t>(info.global_size), {}, {}};
  for (const ExtractorLevel& level : info.levels) manifest.extractor.level_names.push_back(level.name);
  manifest.extractor.level_shapes = LevelShapes(info, NetworkInputSize(manifest.preprocessing));
  manifest.dtype = options.dtype;
  manifest.source = options.input.string();
  return manifest;
}

void CheckSuit(const FitOptions& options, const std::filesystem::path& model, std::size_t num_images) {
  const std::optional<ExtractorInfo> info = PeekInfo(model);
  if (!info) return;
  const GalleryManifest manifest = ManifestFor(options, *info);
  if (manifest.options.method != Method::kSpade) return;
  CheckNumNeighbors(manifest.options, manifest.extractor.level_shapes, num_images);
}

}  // namespace touchstone
