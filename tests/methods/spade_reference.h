#pragma once

#include <cstddef>
#include <vector>

#include "touchstone/methods/spade.h"

namespace touchstone {

/// What SpadeScorer must find, in double and by looking at everything.
struct ReferenceScores {
  double retrieval_score = 0;
  std::vector<std::size_t> retrieved;
  std::vector<std::vector<double>> grids;
};

/// SPADE as its paper and methods/spade.h state it, with the K nearest images. `options.levels` must be
/// filled in.
ReferenceScores ScoreReference(const std::vector<ImageFeatures>& gallery, const ImageFeatures& query,
                               const ScoringOptions& options, const std::vector<std::size_t>& left_out = {});

/// Stage 2 alone, against these gallery images.
std::vector<std::vector<double>> CompareWithImages(const std::vector<ImageFeatures>& gallery,
                                                   const std::vector<std::size_t>& images,
                                                   const ImageFeatures& query, const ScoringOptions& options);

}  // namespace touchstone
