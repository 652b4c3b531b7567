#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "touchstone/app/progress.h"
#include "touchstone/metrics/bootstrap.h"
#include "touchstone/report/metrics_report.h"

namespace touchstone {

/// What `touchstone evaluate` is told.
struct EvaluateOptions {
  std::filesystem::path results;       ///< a results folder; or, where empty, maps and dataset
  std::filesystem::path maps;          ///< <maps>/<category>/test/<defect>/<stem>.tiff
  std::filesystem::path dataset;       ///< <dataset>/<category>/test/<defect>/<stem>.*
  std::filesystem::path ground_truth;  ///< empty = `ground_truth` beside the scored `test` folder
  std::optional<int> resolution;       ///< empty = original; N = maps and masks at N x N
  double pro_limit = 0.3;              ///< in (0, 1]; 0.05 is always reported too
  bool label_by_mask = false;          ///< anomalous = any mask pixel, not the folder's name
  BootstrapOptions bootstrap;  ///< intervals of all figures and their means, whatever objects are called
};

/// Checks ranges. @throws Error kOption naming option, value and limit.
void Validate(const EvaluateOptions& options);

/// Compares scores and maps with ground truth. Masks pair with images strictly by name,
/// <ground truth>/<defect>/<stem>_mask.*; what does not pair is a warning that names it, and stays out
/// of the pixel figures. Writes nothing. An interruption is noticed between two files; the report then says
/// so and holds no figures.
/// @throws Error kUsage: no such folder, or one folder of masks for several categories; kResults: no usable
/// results, no image was scored, two categories of one name, a mask of another size than its image; kIo;
/// kOption.
MetricsReport Evaluate(const EvaluateOptions& options, ProgressSink& progress);

/// Writes report.html of a results folder anew, with what Evaluate found: figures, curves and masks.
/// @throws Error like Evaluate; kIo if it cannot be written.
void RewriteReport(const EvaluateOptions& options, const MetricsReport& metrics);

}  // namespace touchstone
