#include "app/category_metrics.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "app/interruption.h"
#include "app/mask_reader.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/text.h"
#include "touchstone/image/map_file.h"
#include "touchstone/metrics/pixel_metrics.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {
namespace {

constexpr double kStricterLimit = 0.05;
constexpr double kSaturatedLimits[] = {0.01, 0.05, 0.1, 0.3, 1};  // those of MVTec LOCO AD's script

using Images = std::vector<EvaluatedImage>;

bool HasDefect(const Mask& mask) {
  return std::any_of(mask.values.begin(), mask.values.end(), [](std::uint8_t value) { return value != 0; });
}

// Maps without scores are scored by their maximum.
void TakeMaximum(const ScoreMap& map, EvaluatedImage* image) {
  if (image->score) return;
  image->map_max = *std::max_element(map.values.begin(), map.values.end());
  image->score = image->map_max;
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

// Saturations are in pixels of the original image.
const char kResizedSpro[] = "saturations of defects count pixels at original size; leave out --resolution";

std::map<std::string, Metric> ByLimit(const std::vector<double>& limits, const std::vector<Metric>& areas) {
  std::map<std::string, Metric> by_limit;
  for (std::size_t i = 0; i < limits.size(); ++i) by_limit[ShortText(limits[i])] = areas[i];
  return by_limit;
}

// Upper ends of the false-positive axis.
struct Limits {
  std::vector<double> pro, spro;
};

MetricsGroup GroupOf(const ImageSet& set, const PixelMetrics& pixels, const Limits& limits) {
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
  group.au_pro = ByLimit(limits.pro, pixels.au_pro);
  group.au_spro = ByLimit(limits.spro, pixels.au_spro);
  return group;
}

// What stands for the pixel figures of a defect type none of whose images has map and mask.
PixelMetrics UndefinedPixels(const Limits& limits) {
  const std::string reason = "no image of this kind has both a map and a mask";
  PixelMetrics pixels;
  pixels.ranking = UndefinedRanking(reason);
  pixels.au_pro.assign(limits.pro.size(), {std::nullopt, reason});
  pixels.au_spro.assign(limits.spro.size(), {std::nullopt, reason});
  return pixels;
}

// What stands for the pixel figures of an image that has not both.
ImagePixelMetrics UndefinedPixels(const EvaluatedImage& image, const Limits& limits) {
  const std::string reason = image.map.empty() ? "the image has no map" : "the image has no mask";
  ImagePixelMetrics pixels;
  pixels.ranking = UndefinedRanking(reason);
  pixels.au_pro.assign(limits.pro.size(), {std::nullopt, reason});
  pixels.au_spro.assign(limits.spro.size(), {std::nullopt, reason});
  pixels.false_positive_rate.reason = reason;
  return pixels;
}

class CategoryEvaluation {
 public:
  CategoryEvaluation(EvaluatedCategory category, const EvaluateOptions& options, ProgressSink& progress)
      : images_(std::move(category.images)),
        kinds_(std::move(category.defect_kinds)),
        options_(options),
        progress_(progress),
        limits_{{options.pro_limit}, {}} {
    if (options.pro_limit != kStricterLimit) limits_.pro.push_back(kStricterLimit);
    if (kinds_.empty()) return;
    std::set<double> limits(std::begin(kSaturatedLimits), std::end(kSaturatedLimits));
    limits.insert(options.pro_limit);
    limits_.spro.assign(limits.begin(), limits.end());
  }

  ObjectMetrics Run(std::vector<std::string>* warnings) {
    LookAtMasks(warnings);
    const CategoryPixelMetrics pixels = PixelFigures();
    FillMissingScores();
    ObjectMetrics object;
    object.overall = GroupOf({images_, "", options_.bootstrap}, pixels.overall, limits_);
    std::set<std::string> defects;
    for (const EvaluatedImage& image : images_) defects.insert(image.defect);
    defects.erase("good");
    for (const std::string& defect : defects) {
      const auto found = pixels.per_group.find(defect);
      object.per_defect[defect] =
          GroupOf({images_, defect, options_.bootstrap},
                  found != pixels.per_group.end() ? found->second : UndefinedPixels(limits_), limits_);
    }
    AddImages(pixels, &object);
    if (options_.resolution) ExplainMissingSpro(&object);
    return object;
  }

 private:
  // Compares what folders and masks say of each image. Folders decide, unless label_by_mask is set. The
  // defect type stays that of the folder, except for a good image with a marked mask: it is no longer one of
  // all types' normal images.
  void LookAtMasks(std::vector<std::string>* warnings) {
    std::vector<char> has_defect(images_.size());
    ParallelFor(images_.size(), [&](std::size_t i) {
      StopIfInterrupted(progress_);
      has_defect[i] = !images_[i].masks.empty() && HasDefect(masks_.Read(images_[i].masks));
    });
    const bool by_mask = options_.label_by_mask;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      EvaluatedImage& image = images_[i];
      image.anomalous = image.defect != "good";
      if (image.masks.empty()) continue;
      if (image.defect != "good" && !has_defect[i]) {
        warnings->push_back("the mask of " + image.name + " is empty; the image counts as " +
                            (by_mask ? "normal (--label-by-mask)" : "anomalous, as its folder says"));
        if (by_mask) image.anomalous = false;
      } else if (image.defect == "good" && has_defect[i] && by_mask) {
        image.defect = "marked in good";
        image.anomalous = true;
      }
    }
  }

  // The defects of an image whose masks give them one by one.
  std::vector<DefectChannel> ReadChannels(const EvaluatedImage& image) {
    std::vector<DefectChannel> channels;
    for (const auto& file : image.masks) {
      const MarkedMask marked = masks_.ReadMarked(file);
      DefectChannel channel;
      for (std::uint32_t p = 0; p < marked.mask.values.size(); ++p) {
        if (marked.mask.values[p] != 0) channel.pixels.push_back(p);
      }
      if (channel.pixels.empty()) continue;  // nothing that could be found
      channel.saturation_px =
          SaturationOf(KindOf(marked.value, file), static_cast<std::uint32_t>(channel.pixels.size()));
      channels.push_back(std::move(channel));
    }
    return channels;
  }

  const DefectKind& KindOf(int value, const std::filesystem::path& file) const {
    const auto kind = kinds_.find(value);
    if (kind != kinds_.end()) return kind->second;
    throw Error(ErrorCode::kResults,
                "its grey value " + std::to_string(value) +
                    " is no pixel_value in defects_config.json; mend one of the two",
                file);
  }

  // Map and mask of one image at the wanted resolution.
  PixelImage ReadPixels(EvaluatedImage* image) {
    PixelImage pixels;
    pixels.map = ReadScoreMap(image->map);
    TakeMaximum(pixels.map, image);
    if (!image->masks.empty()) pixels.mask = masks_.Read(image->masks);
    if (options_.resolution) {
      const Size size{*options_.resolution, *options_.resolution};
      pixels.map = ResizeMap(pixels.map, size);
      if (pixels.mask) pixels.mask = ResizeMaskNearest(*pixels.mask, size);
      return pixels;
    }
    if (pixels.mask && pixels.mask->size != pixels.map.size) {
      throw Error(
          ErrorCode::kResults,
          "the mask is " + SizeText(pixels.mask->size) + " pixels, the map of " + image->name + " is " +
              SizeText(pixels.map.size) +
              ": they must be of one size; mend the mask, or compare at a common size with --resolution N",
          image->masks[0]);
    }
    if (image->has_channels && !kinds_.empty()) pixels.channels = ReadChannels(*image);
    return pixels;
  }

  // Images without a map, and defect images without a mask, stay out. Every map is read here at least once.
  CategoryPixelMetrics PixelFigures() {
    std::size_t num_reads = 0;
    PixelSource source;
    for (EvaluatedImage& image : images_) {
      const bool is_good = image.defect == "good";
      if (image.map.empty() || (image.masks.empty() && !is_good)) continue;
      used_.push_back(&image);
      num_reads += is_good ? 2 : 3;
      source.items.push_back({image.name, is_good ? "" : image.defect});
    }
    std::mutex mutex;
    source.read = [&](std::size_t i) {
      StopIfInterrupted(progress_);
      PixelImage pixels = ReadPixels(used_[i]);
      const std::lock_guard<std::mutex> lock(mutex);
      progress_.Advance();
      return pixels;
    };
    progress_.Begin("evaluate", num_reads);
    PixelOptions pixel_options;
    pixel_options.bootstrap = options_.bootstrap;
    pixel_options.spro_limits = limits_.spro;
    pixel_options.per_image = true;
    CategoryPixelMetrics metrics = ComputePixelMetrics(source, limits_.pro, pixel_options);
    progress_.End();
    return metrics;
  }

  // Of the maps that no pixel figure needed.
  void FillMissingScores() {
    ParallelFor(images_.size(), [&](std::size_t i) {
      EvaluatedImage& image = images_[i];
      if (image.score || image.map.empty()) return;
      StopIfInterrupted(progress_);
      TakeMaximum(ReadScoreMap(image.map), &image);
    });
  }

  void AddImages(const CategoryPixelMetrics& pixels, ObjectMetrics* object) const {
    std::size_t next_used = 0;
    for (const EvaluatedImage& image : images_) {
      const bool is_used = next_used < used_.size() && used_[next_used] == &image;
      const ImagePixelMetrics its = is_used ? pixels.per_image[next_used++] : UndefinedPixels(image, limits_);
      ImageMetrics metrics;
      metrics.path = image.path;
      metrics.defect = image.defect;
      metrics.is_anomalous = image.anomalous;
      metrics.score = image.score;
      metrics.retrieval_score = image.retrieval_score;
      metrics.map_max = image.map_max;
      metrics.pixel = its.ranking;
      metrics.au_pro = ByLimit(limits_.pro, its.au_pro);
      metrics.au_spro = ByLimit(limits_.spro, its.au_spro);
      metrics.false_positive_rate = its.false_positive_rate;
      metrics.num_regions = its.num_regions;
      metrics.regions = its.regions;
      metrics.channels = its.channels;
      object->per_image.push_back(std::move(metrics));
    }
  }

  // Maps and masks were resized, so that nothing is known of how much of a defect is enough.
  static void ExplainMissingSpro(ObjectMetrics* object) {
    const auto explain = [](std::map<std::string, Metric>* areas) {
      for (auto& entry : *areas) entry.second.reason = kResizedSpro;
    };
    explain(&object->overall.au_spro);
    for (auto& entry : object->per_defect) explain(&entry.second.au_spro);
    for (ImageMetrics& image : object->per_image) explain(&image.au_spro);
  }

  Images images_;
  DefectKinds kinds_;
  const EvaluateOptions& options_;
  ProgressSink& progress_;
  Limits limits_;
  MaskReader masks_;
  std::vector<EvaluatedImage*> used_;  // for pixel figures, in order
};

}  // namespace

ObjectMetrics EvaluateCategory(EvaluatedCategory category, const EvaluateOptions& options,
                               ProgressSink& progress, std::vector<std::string>* warnings) {
  return CategoryEvaluation(std::move(category), options, progress).Run(warnings);
}

}  // namespace touchstone
