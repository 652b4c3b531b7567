#pragma once

#include <string>

#include "touchstone/methods/scoring_options.h"

namespace touchstone {

/// What was published for a method on MVTec AD, with Wide-ResNet50-2 and ImageNet weights. [percent]
struct PublishedFigures {
  double image_rocauc;  ///< by the method's own image score (PaperImageScore)
  double pixel_rocauc;
  double au_pro;  ///< up to a false-positive rate of 0.3
};

/// How these figures came about, as far as a run can be compared with it.
inline constexpr char kPublishedExtractor[] = "wide_resnet50_2";
inline constexpr int kPublishedResizePx = 256;
inline constexpr int kPublishedCropPx = 224;
inline constexpr int kPublishedResolutionPx = 256;  ///< SPADE's; the others' figures are of the crop
inline constexpr int kPublishedNumRetrieved = 50;   ///< SPADE's, of the pixel figures
inline constexpr int kPublishedDims = 550;          ///< PaDiM's

/// Is there a category of MVTec AD of this name? The folder's name is all that tells categories apart.
bool IsOfMvtecAd(const std::string& category);
inline constexpr int kNumMvtecAdCategories = 15;

/// Figures of one category: SPADE's are of its paper (arXiv:2005.02357), the image ROCAUC of a port
/// (byungjae89/SPADE-pytorch, K = 5), because the paper has none of single categories. @return nullptr where
/// nothing was published: for other methods, and for what is no category of MVTec AD.
const PublishedFigures* FindPublished(Method method, const std::string& category);

/// The mean over the 15 categories: PatchCore's (arXiv:2106.08265) with 25, 10 or 1 % of the patches
/// or all of them by IVFPQ, PaDiM's (arXiv:2011.08785). @return nullptr for SPADE, whose mean is that of its
/// categories, and for a share of the patches that the paper does not have.
const PublishedFigures* FindPublishedMean(const ScoringOptions& options);

/// Where the figures are from, in a sentence.
std::string AboutPublished(const ScoringOptions& options);

}  // namespace touchstone
