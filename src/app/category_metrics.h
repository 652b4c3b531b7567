#pragma once

#include <string>
#include <vector>

#include "app/evaluated_images.h"
#include "touchstone/app/evaluate.h"
#include "touchstone/app/progress.h"
#include "touchstone/report/metrics_report.h"

namespace touchstone {

/// All figures of one category. Images that came with maps alone (no score) get the maximum of their map as
/// score; labels are set by folder or, with label_by_mask, by mask.
/// @param warnings  what folders and masks disagree on is added.
/// @throws Error like Evaluate; Interruption.
ObjectMetrics EvaluateCategory(EvaluatedCategory category, const EvaluateOptions& options,
                               ProgressSink& progress, std::vector<std::string>* warnings);

}  // namespace touchstone
