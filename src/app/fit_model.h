#pragma once

#include <vector>

#include "app/leave_one_out.h"
#include "touchstone/app/progress.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// What tells images apart, for LeftOutWith, where the method does not use the extractor's global feature:
/// the mean of the coarsest level that is compared.
std::vector<float> PooledLevel(const ImageFeatures& features, const std::vector<int>& levels);

/// Makes the method's model of the features that the writer has finished, writes it and sets it; nothing for
/// spade. Then scores images `drawn` as ScoreOwnImages does. @return their scores; after an interruption they
/// mean nothing.
std::vector<OwnScore> FitModel(GalleryWriter* writer, const std::vector<std::size_t>& drawn,
                               ProgressSink& progress);

}  // namespace touchstone
