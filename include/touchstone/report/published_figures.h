#pragma once

#include <string>

namespace touchstone {

/// What was published for SPADE on one category of MVTec AD, with Wide-ResNet50-2 and ImageNet weights.
/// [percent]
struct PublishedFigures {
  const char* category;
  double
      image_rocauc;  ///< of a port, byungjae89/SPADE-pytorch, K = 5: the paper has none of single categories
  double pixel_rocauc;  ///< of the paper, arXiv:2005.02357
  double au_pro;        ///< of the paper, up to a false-positive rate of 0.3
};

/// How these figures came about, as far as a run can be compared with it.
inline constexpr char kPublishedExtractor[] = "wide_resnet50_2";
inline constexpr int kPublishedResizePx = 256;
inline constexpr int kPublishedCropPx = 224;
inline constexpr int kPublishedResolutionPx = 256;
inline constexpr int kPublishedNumRetrieved = 50;  ///< of the pixel figures

/// @param category the folder's name, which is all that tells categories apart.
/// @return nullptr where nothing was published.
const PublishedFigures* FindPublished(const std::string& category);

}  // namespace touchstone
