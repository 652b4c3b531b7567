#pragma once

#include <kainjow/mustache.hpp>
#include <vector>

#include "touchstone/report/metrics_report.h"
#include "touchstone/report/results.h"

namespace touchstone {

/// Whether some object has both normal and anomalous images.
bool HasGroundTruth(const MetricsReport& metrics);

/// Sets what the template needs for the charts: "histogram" and its table, "curves", and "data", the numbers
/// that the script draws from. @param images  the scored ones. @param metrics  nullptr where there is no
/// ground truth.
void PutCharts(const Results& results, const std::vector<const ImageResult*>& images,
               const MetricsReport* metrics, kainjow::mustache::data* page);

}  // namespace touchstone
