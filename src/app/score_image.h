#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/inputs.h"
#include "app/verdict.h"
#include "touchstone/app/progress.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/methods/scorer.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/report/results.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// Everything that scoring one image needs; shared by all threads, changed by none.
struct ScoringContext {
  const Gallery& gallery;
  const Extractor& extractor;
  const Scorer& scorer;
  std::optional<HeatmapOptions> heatmap;  ///< none = write no heat maps
  Judge judge;
  std::optional<double> gate;  ///< retrieval score up to which there is no stage 2, and the map is 0
  std::filesystem::path results_dir;
  std::filesystem::path maps_dir;   ///< empty = write no maps
  std::size_t thumbnail_bytes = 0;  ///< what a picture for the report may take
};

/// One image's result and what was noticed on the way.
struct ScoredImage {
  ImageResult result;
  int bits_per_channel = 8;
  bool has_exif_orientation = false;
  StageTimes times;
};

/// An image and everything that scoring found out about it.
struct ExaminedImage {
  ScoredImage scored;
  Image photo;
  ImageFeatures features;
  MethodScores scores;
  ScoreMap map;  ///< of the photograph's size
};

/// A gallery, and the extractor in it.
struct OpenedGallery {
  Gallery gallery;
  Extractor extractor;
};

/// Opens both at once: the digests of a large gallery take as long as LibTorch takes to load.
/// @throws Error as Gallery::Open with kDigests; kGallery if the extractor's shapes are not those of the
/// manifest, kModel.
OpenedGallery OpenGallery(const std::filesystem::path& folder);

/// What is known of a run before it starts: the thresholds, too, or why there are none.
/// @param folder  of the gallery, as given. @param judge  as JudgeFor makes it for these options.
Results HeadingOf(const std::filesystem::path& folder, const Gallery& gallery, const ScoringOptions& options,
                  const Judge& judge);

/// Scores one image and writes nothing. @throws Error if the image cannot be read or scored.
ExaminedImage ExamineImage(const InputItem& item, const ScoringContext& context);

/// As ExamineImage, but what goes wrong with the image itself is in the result.
ExaminedImage TryToExamine(const InputItem& item, const ScoringContext& context);

/// The same of several images, which the method scores at once.
std::vector<ExaminedImage> TryToExamine(const std::vector<InputItem>& items, const ScoringContext& context);

/// How many images it is worth giving TryToExamine: what the method asks for (Scorer::num_at_once), as far as
/// photographs of the gallery's size, their maps and features take 256 MB.
std::size_t NumAtOnce(const Gallery& gallery, const Scorer& scorer);

/// Writes the map and the heat map of an image, unless it failed; they replace earlier ones of its path. What
/// would go wrong with every other image too (a full disk) is thrown.
ScoredImage WritePictures(const InputItem& item, const ScoringContext& context, ExaminedImage examined);

/// Removes what WritePictures wrote for an image.
void RemovePictures(const ImageResult& result, const ScoringContext& context);

}  // namespace touchstone
