#include "app/category_metrics.h"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>

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

// What stands for the pixel figures of a defect type none of whose images has map and mask.
PixelMetrics UndefinedPixels(const std::vector<double>& limits) {
  const std::string reason = "no image of this kind has both a map and a mask";
  PixelMetrics pixels;
  pixels.ranking = UndefinedRanking(reason);
  pixels.au_pro.assign(limits.size(), {std::nullopt, reason});
  return pixels;
}

class CategoryEvaluation {
 public:
  CategoryEvaluation(Images images, const EvaluateOptions& options, ProgressSink& progress)
      : images_(std::move(images)), options_(options), progress_(progress), limits_{options.pro_limit} {
    if (options.pro_limit != kStricterLimit) limits_.push_back(kStricterLimit);
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
      has_defect[i] = !images_[i].mask.empty() && HasDefect(masks_.Read(images_[i].mask));
    });
    const bool by_mask = options_.label_by_mask;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      EvaluatedImage& image = images_[i];
      image.anomalous = image.defect != "good";
      if (image.mask.empty()) continue;
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

  // Map and mask of one image at the wanted resolution.
  PixelImage ReadPixels(EvaluatedImage* image) {
    PixelImage pixels{ReadScoreMap(image->map), std::nullopt};
    TakeMaximum(pixels.map, image);
    if (!image->mask.empty()) pixels.mask = masks_.Read(image->mask);
    if (options_.resolution) {
      const Size size{*options_.resolution, *options_.resolution};
      pixels.map = ResizeMap(pixels.map, size);
      if (pixels.mask) pixels.mask = ResizeMaskNearest(*pixels.mask, size);
    } else if (pixels.mask && pixels.mask->size != pixels.map.size) {
      throw Error(
          ErrorCode::kResults,
          "the mask is " + SizeText(pixels.mask->size) + " pixels, the map of " + image->name + " is " +
              SizeText(pixels.map.size) +
              ": they must be of one size; mend the mask, or compare at a common size with --resolution N",
          image->mask);
    }
    return pixels;
  }

  // Images without a map, and defect images without a mask, stay out. Every map is read here at least once.
  CategoryPixelMetrics PixelFigures() {
    std::vector<EvaluatedImage*> used;
    std::size_t num_reads = 0;
    PixelSource source;
    for (EvaluatedImage& image : images_) {
      const bool is_good = image.defect == "good";
      if (image.map.empty() || (image.mask.empty() && !is_good)) continue;
      used.push_back(&image);
      num_reads += (is_good ? 1 : 2) + (options_.bootstrap.num_resamples > 0 ? 1 : 0);
      source.items.push_back({image.name, is_good ? "" : image.defect});
    }
    std::mutex mutex;
    source.read = [&](std::size_t i) {
      StopIfInterrupted(progress_);
      PixelImage pixels = ReadPixels(used[i]);
      const std::lock_guard<std::mutex> lock(mutex);
      progress_.Advance();
      return pixels;
    };
    progress_.Begin("evaluate", num_reads);
    CategoryPixelMetrics metrics = ComputePixelMetrics(source, limits_, {options_.bootstrap});
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

  Images images_;
  const EvaluateOptions& options_;
  ProgressSink& progress_;
  std::vector<double> limits_;
  MaskReader masks_;
};

}  // namespace

void StopIfInterrupted(const ProgressSink& progress) {
  if (progress.Interrupted()) throw Interruption{};
}

std::string LimitName(double limit) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", limit);
  return text;
}

ObjectMetrics EvaluateCategory(std::vector<EvaluatedImage> images, const EvaluateOptions& options,
                               ProgressSink& progress, std::vector<std::string>* warnings) {
  return CategoryEvaluation(std::move(images), options, progress).Run(warnings);
}

}  // namespace touchstone
