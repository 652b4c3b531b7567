#include "app/fit_model.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "touchstone/core/text.h"
#include "touchstone/methods/coreset.h"
#include "touchstone/store/model_file.h"

namespace touchstone {
namespace {

// @return whether it was not interrupted.
bool FitBank(GalleryWriter* writer, ProgressSink& progress) {
  const Gallery gallery = writer->OpenUnfinished();
  std::size_t shown = 0;
  progress.Begin("choose patches", 0);
  const std::vector<std::size_t> chosen =
      ChooseCoreset(gallery, gallery.manifest().options, [&](std::size_t num_chosen) {
        for (; shown < num_chosen; ++shown) progress.Advance();
        return !progress.Interrupted();
      });
  progress.End();
  if (progress.Interrupted()) return false;
  const std::string sha256 = WriteBank(writer->ModelPath(), gallery, chosen);
  writer->SetModel(sha256, chosen.size());
  if (gallery.manifest().options.search == BankIndex::kIvfPq) {
    writer->SetModel(sha256, chosen.size(), RecallOfCodes(ReadBank(writer->OpenUnfinished())));
  }
  return true;
}

// PaDiM's images are scored by groups, by the Gaussians of the others: a group is a tenth of the images,
// consecutive by path, and the 5 % before and after it are left out too, for they may hold near-copies of its
// first and last (see LeftOutWith).
std::vector<HoldOut> HoldOuts(std::size_t num_images, const std::vector<std::size_t>& drawn) {
  if (num_images < 2) return {};
  const std::set<std::size_t> wanted(drawn.begin(), drawn.end());
  const std::size_t num_groups = std::min<std::size_t>(10, num_images), margin = num_images / 20;
  std::vector<HoldOut> hold_outs;
  for (std::size_t g = 0; g < num_groups; ++g) {
    const std::size_t begin = g * num_images / num_groups, end = (g + 1) * num_images / num_groups;
    HoldOut hold_out;
    for (std::size_t image = 0; image < num_images; ++image) {
      const bool is_far = image + margin < begin || image >= end + margin;
      if (is_far) hold_out.used.push_back(image);
      if (image >= begin && image < end && wanted.count(image) != 0) hold_out.scored.push_back(image);
    }
    if (!hold_out.scored.empty()) hold_outs.push_back(std::move(hold_out));
  }
  return hold_outs;
}

std::vector<OwnScore> FitPadim(GalleryWriter* writer, const std::vector<std::size_t>& drawn,
                               ProgressSink& progress) {
  const Gallery gallery = writer->OpenUnfinished();
  const ScoringOptions& options = gallery.manifest().options;
  if (gallery.num_images() < static_cast<std::size_t>(options.dims)) {
    progress.Warn(
        CountText(gallery.num_images(), "image", "images") + " for " + std::to_string(options.dims) +
        " channels: each place's Gaussian knows only the directions in which these images differ, and its "
        "distance is nearly that to what they span; more images, or fewer --dims, make it a statistic");
  }
  const std::vector<HoldOut> hold_outs = HoldOuts(gallery.num_images(), drawn);
  const FeatureShape& shape = gallery.level_shapes()[static_cast<std::size_t>(options.levels[0]) - 1];
  std::size_t shown = 0;
  progress.Begin("fit Gaussians", shape.num_locations());
  const WrittenGaussians written =
      WriteGaussians(writer->ModelPath(), gallery, hold_outs, [&](std::size_t num_done) {
        for (; shown < num_done; ++shown) progress.Advance();
        return !progress.Interrupted();
      });
  progress.End();
  if (written.sha256.empty() || progress.Interrupted()) return {};
  const FactorLayout layout{static_cast<std::size_t>(options.dims), gallery.num_images()};
  writer->SetModel(written.sha256, layout.num_rows());
  std::map<std::size_t, OwnScore> by_image;
  std::size_t next = 0;
  for (const HoldOut& hold_out : hold_outs) {
    for (const std::size_t image : hold_out.scored) {
      MethodScores scores;
      scores.grids.push_back({{shape.width, shape.height}, written.distances[next++]});
      by_image.emplace(image, OwnScoreOf(gallery, image, options, scores));
    }
  }
  std::vector<OwnScore> own;
  for (const std::size_t image : drawn) {
    if (by_image.count(image) != 0) own.push_back(by_image.at(image));
  }
  return own;
}

}  // namespace

std::vector<float> PooledLevel(const ImageFeatures& features, const std::vector<int>& levels) {
  const FeatureMap& level = features.pyramid[static_cast<std::size_t>(levels.back()) - 1];
  std::vector<double> sums(static_cast<std::size_t>(level.shape.channels));
  for (std::size_t p = 0; p < level.shape.num_locations(); ++p) {
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += static_cast<double>(level.row(p)[c]);
  }
  std::vector<float> mean;
  for (const double sum : sums) {
    mean.push_back(static_cast<float>(sum / static_cast<double>(level.shape.num_locations())));
  }
  return mean;
}

std::vector<OwnScore> FitModel(GalleryWriter* writer, const std::vector<std::size_t>& drawn,
                               ProgressSink& progress) {
  const ScoringOptions options = writer->OpenUnfinished().manifest().options;
  if (options.method == Method::kPadim) return FitPadim(writer, drawn, progress);
  if (options.method == Method::kPatchCore && !FitBank(writer, progress)) return {};
  return ScoreOwnImages(writer->OpenUnfinished(), options, drawn, progress);
}

}  // namespace touchstone
