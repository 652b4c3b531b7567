#include "app/fit_plan.h"

#include "touchstone/app/version.h"

namespace touchstone {

Preprocessing PreprocessingFrom(const FitOptions& options, const ExtractorInfo& info) {
  Preprocessing preprocessing;
  preprocessing.resize = options.resize;
  preprocessing.crop = options.crop;
  preprocessing.white_level = options.white_level;
  preprocessing.mean = info.mean;
  preprocessing.stddev = info.stddev;
  return preprocessing;
}

GalleryManifest ManifestFor(const FitOptions& options, const Extractor& extractor,
                            const Preprocessing& preprocessing) {
  const ExtractorInfo& info = extractor.info();
  GalleryManifest manifest;
  manifest.touchstone_version = Version();
  manifest.options = options.scoring;
  const auto defaults = info.default_levels.find(manifest.method);
  if (manifest.options.levels.empty() && defaults != info.default_levels.end()) {
    manifest.options.levels = defaults->second;
  }
  for (int l = 1; manifest.options.levels.empty() && l <= static_cast<int>(info.levels.size()); ++l) {
    manifest.options.levels.push_back(l);
  }
  Validate(manifest.options, static_cast<int>(info.levels.size()));
  manifest.preprocessing = preprocessing;
  manifest.extractor = {info.name, extractor.sha256(), static_cast<std::size_t>(info.global_size), {}, {}};
  for (const ExtractorLevel& level : info.levels) manifest.extractor.level_names.push_back(level.name);
  manifest.extractor.level_shapes = extractor.LevelShapes(NetworkInputSize(preprocessing));
  manifest.dtype = options.dtype;
  manifest.source = options.input.string();
  return manifest;
}

}  // namespace touchstone
