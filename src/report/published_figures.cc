#include "touchstone/report/published_figures.h"

#include <cmath>

#include "touchstone/core/text.h"

namespace touchstone {
namespace {

struct CategoryFigures {
  const char* category;
  PublishedFigures figures;
};

// image ROCAUC (port), pixel ROCAUC, PRO (paper).
constexpr CategoryFigures kSpade[] = {
    {"bottle", {97.2, 98.4, 95.5}},     {"cable", {84.8, 97.2, 90.9}},     {"capsule", {89.7, 99.0, 93.7}},
    {"carpet", {92.8, 97.5, 94.7}},     {"grid", {47.3, 93.7, 86.7}},      {"hazelnut", {88.1, 99.1, 95.4}},
    {"leather", {95.4, 97.6, 97.2}},    {"metal_nut", {71.0, 98.1, 94.4}}, {"pill", {80.1, 96.5, 94.6}},
    {"screw", {66.7, 98.9, 96.0}},      {"tile", {96.5, 87.4, 75.9}},      {"toothbrush", {88.9, 97.9, 93.5}},
    {"transistor", {90.3, 94.1, 87.4}}, {"wood", {95.8, 88.5, 87.4}},      {"zipper", {96.6, 96.5, 92.6}}};

struct CoresetFigures {
  double coreset;
  PublishedFigures figures;
};

constexpr CoresetFigures kPatchCore[] = {
    {0.25, {99.1, 98.1, 93.4}}, {0.1, {99.0, 98.1, 93.5}}, {0.01, {99.0, 98.0, 93.1}}};
constexpr PublishedFigures kPatchCoreIvfPq{98.0, 97.9, 93.0};  // of all patches
constexpr PublishedFigures kPadim{95.3, 97.5, 92.1};

const CategoryFigures* Find(const std::string& category) {
  for (const CategoryFigures& published : kSpade) {
    if (category == published.category) return &published;
  }
  return nullptr;
}

std::string HowPublished() {
  return std::string(" on MVTec AD with ") + kPublishedExtractor + ", ImageNet weights, resize " +
         std::to_string(kPublishedResizePx) + ", crop " + std::to_string(kPublishedCropPx);
}

}  // namespace

bool IsOfMvtecAd(const std::string& category) { return Find(category) != nullptr; }

const PublishedFigures* FindPublished(Method method, const std::string& category) {
  const CategoryFigures* found = method == Method::kSpade ? Find(category) : nullptr;
  return found != nullptr ? &found->figures : nullptr;
}

const PublishedFigures* FindPublishedMean(const ScoringOptions& options) {
  if (options.method == Method::kPadim) return &kPadim;
  if (options.method != Method::kPatchCore) return nullptr;
  if (options.search == BankIndex::kIvfPq) return options.coreset >= 1 ? &kPatchCoreIvfPq : nullptr;
  for (const CoresetFigures& published : kPatchCore) {
    if (std::abs(options.coreset - published.coreset) < 1e-9) return &published.figures;
  }
  return nullptr;
}

std::string AboutPublished(const ScoringOptions& options) {
  const std::string names = " Categories are told by their names alone.";
  const std::string means = "; of all 15 categories together alone.";
  switch (options.method) {
    case Method::kSpade:
      return "Published: SPADE (arXiv:2005.02357)" + HowPublished() +
             ", K = " + std::to_string(kPublishedNumRetrieved) +
             "; the image ROCAUC is of a port (byungjae89/SPADE-pytorch, K = 5): the paper's is a mean "
             "alone, 85.5." +
             names;
    case Method::kPatchCore: {
      const std::string share = ShortText(100 * options.coreset) + " %";
      const std::string search = options.search == BankIndex::kIvfPq ? " by IVFPQ" : "";
      const std::string what = "PatchCore (arXiv:2106.08265) with " + share + " of the patches" + search;
      if (FindPublishedMean(options) == nullptr)
        return "Nothing is published for " + what + " as it was run.";
      return "Published: " + what + HowPublished() + means + names;
    }
    case Method::kPadim:
      return "Published: PaDiM (arXiv:2011.08785), " + std::to_string(kPublishedDims) + " channels," +
             HowPublished() + means + names;
  }
  return "";
}

}  // namespace touchstone
