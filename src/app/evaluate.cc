#include "touchstone/app/evaluate.h"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>

#include "app/evaluated_images.h"
#include "touchstone/app/version.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/map_file.h"
#include "touchstone/metrics/pixel_metrics.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {
namespace {

constexpr double kStricterLimit = 0.05;

using Images = std::vector<EvaluatedImage>;

// Leaves the loops over files; Evaluate catches it.
struct Interruption {};

void StopIfInterrupted(const ProgressSink& progress) {
  if (progress.Interrupted()) throw Interruption{};
}

std::string Described(Size size) { return std::to_string(size.width) + "x" + std::to_string(size.height); }

std::string LimitName(double limit) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", limit);
  return text;
}

bool HasDefect(const Mask& mask) {
  return std::any_of(mask.values.begin(), mask.values.end(), [](std::uint8_t value) { return value != 0; });
}

// Map and mask of one image at the wanted resolution.
PixelImage ReadPixels(const EvaluatedImage& image, std::optional<int> resolution) {
  PixelImage pixels{ReadScoreMap(image.map), std::nullopt};
  if (!image.mask.empty()) pixels.mask = ReadMask(image.mask);
  if (resolution) {
    const Size size{*resolution, *resolution};
    pixels.map = ResizeMap(pixels.map, size);
    if (pixels.mask) pixels.mask = ResizeMaskNearest(*pixels.mask, size);
  } else if (pixels.mask && pixels.mask->size != pixels.map.size) {
    throw Error(
        ErrorCode::kResults,
        "the mask is " + Described(pixels.mask->size) + " pixels, the map of " + image.name + " is " +
            Described(pixels.map.size) +
            ": they must be of one size; mend the mask, or compare at a common size with --resolution N",
        image.mask);
  }
  return pixels;
}

// Maximum of each map, for maps that came without scores.
void FillScores(Images* images, const ProgressSink& progress) {
  ParallelFor(images->size(), [&](std::size_t i) {
    StopIfInterrupted(progress);
    EvaluatedImage& image = (*images)[i];
    const ScoreMap map = ReadScoreMap(image.map);
    image.map_max = *std::max_element(map.values.begin(), map.values.end());
    image.score = image.map_max;
  });
}

// Compares what folders and masks say of each image. Folders decide, unless label_by_mask is set. The defect
// type stays that of the folder, except for a good image with a marked mask: it is no longer one of all
// types' normal images.
void LookAtMasks(Images* images, bool label_by_mask, const ProgressSink& progress,
                 std::vector<std::string>* warnings) {
  std::vector<char> has_defect(images->size());
  ParallelFor(images->size(), [&](std::size_t i) {
    StopIfInterrupted(progress);
    const EvaluatedImage& image = (*images)[i];
    has_defect[i] = !image.mask.empty() && HasDefect(ReadMask(image.mask));
  });
  for (std::size_t i = 0; i < images->size(); ++i) {
    EvaluatedImage& image = (*images)[i];
    image.anomalous = image.defect != "good";
    if (image.mask.empty()) continue;
    if (image.defect != "good" && !has_defect[i]) {
      warnings->push_back("the mask of " + image.name + " is empty; the image counts as " +
                          (label_by_mask ? "normal (--label-by-mask)" : "anomalous, as its folder says"));
      if (label_by_mask) image.anomalous = false;
    } else if (image.defect == "good" && has_defect[i] && label_by_mask) {
      image.defect = "marked in good";
      image.anomalous = true;
    }
  }
}

using Score = std::optional<double> EvaluatedImage::*;

// Whether the image is one of `defect`'s (empty = all defects) or a good one.
bool BelongsTo(const EvaluatedImage& image, const std::string& defect) {
  return defect.empty() || image.defect == defect || image.defect == "good";
}

// One set of a category's images and how its figures are made: the good ones and those of `defect` (empty =
// all defects).
struct ImageSet {
  const Images& images;
  const std::string& defect;
  const BootstrapOptions& bootstrap;
};

// Figures of one kind of score.
RankingFigures ImageFigures(const ImageSet& set, Score score, const char* why_missing) {
  std::vector<double> normal, anomalous;
  for (const EvaluatedImage& image : set.images) {
    if (!BelongsTo(image, set.defect)) continue;
    if (!(image.*score)) return UndefinedRanking(why_missing);
    (image.anomalous ? anomalous : normal).push_back(*(image.*score));
  }
  return RankImages(normal, anomalous, set.bootstrap);
}

MetricsGroup GroupOf(const ImageSet& set, const PixelMetrics& pixels, const std::vector<double>& limits) {
  MetricsGroup group;
  for (const EvaluatedImage& image : set.images) {
    if (BelongsTo(image, set.defect)) ++(image.anomalous ? group.num_anomalous : group.num_normal);
  }
  group.image_score = ImageFigures(set, &EvaluatedImage::score, "no scores");
  group.image_retrieval = ImageFigures(set, &EvaluatedImage::retrieval_score,
                                       "there are no retrieval scores: maps alone were given");
  group.image_map_max = ImageFigures(set, &EvaluatedImage::map_max, "no maps");
  group.num_regions = pixels.num_regions;
  group.pixel = pixels.ranking;
  group.pro = pixels.pro;
  for (std::size_t i = 0; i < limits.size(); ++i) group.au_pro[LimitName(limits[i])] = pixels.au_pro[i];
  return group;
}

// Pixel figures of one category; images without a map, and defect images without a mask, stay out.
CategoryPixelMetrics PixelFigures(const Images& images, const EvaluateOptions& options,
                                  const std::vector<double>& limits, ProgressSink& progress) {
  std::vector<const EvaluatedImage*> used;
  std::size_t num_reads = 0;
  PixelSource source;
  for (const EvaluatedImage& image : images) {
    const bool is_good = image.defect == "good";
    if (image.map.empty() || (image.mask.empty() && !is_good)) continue;
    used.push_back(&image);
    num_reads += (is_good ? 1 : 2) + (options.bootstrap.num_resamples > 0 ? 1 : 0);
    source.items.push_back({image.name, is_good ? "" : image.defect});
  }
  std::mutex mutex;
  source.read = [&](std::size_t i) {
    StopIfInterrupted(progress);
    PixelImage pixels = ReadPixels(*used[i], options.resolution);
    const std::lock_guard<std::mutex> lock(mutex);
    progress.Advance();
    return pixels;
  };
  progress.Begin("evaluate", num_reads);
  CategoryPixelMetrics metrics = ComputePixelMetrics(source, limits, {options.bootstrap});
  progress.End();
  return metrics;
}

// What stands for the pixel figures of a defect type none of whose images has map and mask.
PixelMetrics UndefinedPixels(const std::vector<double>& limits) {
  const std::string reason = "no image of this kind has both a map and a mask";
  PixelMetrics pixels;
  pixels.ranking = UndefinedRanking(reason);
  pixels.au_pro.assign(limits.size(), {std::nullopt, reason});
  return pixels;
}

ObjectMetrics EvaluateCategory(const Images& images, const EvaluateOptions& options, ProgressSink& progress) {
  std::vector<double> limits{options.pro_limit};
  if (options.pro_limit != kStricterLimit) limits.push_back(kStricterLimit);
  const CategoryPixelMetrics pixels = PixelFigures(images, options, limits, progress);
  ObjectMetrics object;
  object.overall = GroupOf({images, "", options.bootstrap}, pixels.overall, limits);
  std::set<std::string> defects;
  for (const EvaluatedImage& image : images) defects.insert(image.defect);
  defects.erase("good");
  for (const std::string& defect : defects) {
    const auto found = pixels.per_group.find(defect);
    object.per_defect[defect] =
        GroupOf({images, defect, options.bootstrap},
                found != pixels.per_group.end() ? found->second : UndefinedPixels(limits), limits);
  }
  return object;
}

void CheckBootstrap(const BootstrapOptions& bootstrap) {
  if (bootstrap.num_resamples < 0 || bootstrap.num_resamples > 1000000) {
    throw Error(ErrorCode::kOption,
                "--bootstrap " + std::to_string(bootstrap.num_resamples) +
                    ": must be a number of resamples up to 1000000, or 0 for no intervals");
  }
  if (!(bootstrap.confidence > 0 && bootstrap.confidence < 1)) {
    throw Error(ErrorCode::kOption, "--confidence " + LimitName(bootstrap.confidence) +
                                        ": must be above 0 and below 1; the usual value is 0.95");
  }
}

}  // namespace

void Validate(const EvaluateOptions& options) {
  if (!(options.pro_limit > 0 && options.pro_limit <= 1)) {
    throw Error(ErrorCode::kOption, "--pro-limit " + LimitName(options.pro_limit) +
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
  const bool from_maps = options.results.empty();
  EvaluationInput input = from_maps ? ImagesOfDataset(options) : ImagesOfResults(options);
  MetricsReport report;
  report.touchstone_version = Version();
  report.resolution = options.resolution ? std::to_string(*options.resolution) : "original";
  report.pro_limit = LimitName(options.pro_limit);
  report.bootstrap = options.bootstrap;
  report.label_by_mask = options.label_by_mask;
  for (auto& [name, images] : input.categories) {
    if (from_maps) FillScores(&images, progress);
    LookAtMasks(&images, options.label_by_mask, progress, &input.warnings);
    report.objects[name] = EvaluateCategory(images, options, progress);
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
