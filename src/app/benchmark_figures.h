#pragma once

#include "touchstone/report/benchmark_report.h"
#include "touchstone/report/metrics_report.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// Sets the row's numbers of images and its figures, which are those of all images of a category.
/// @param metrics  of one object.
void TakeFigures(const MetricsReport& metrics, BenchmarkRow* row);

/// Sets what the threshold did to images whose folder says what they are: false alarms and defects found, or
/// why nothing was judged.
void TakeVerdicts(const Results& results, BenchmarkFigures* figures);

}  // namespace touchstone
