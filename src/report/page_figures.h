#pragma once

#include <kainjow/mustache.hpp>

#include "touchstone/report/metrics_report.h"

namespace touchstone {

/// The table of figures against ground truth: a row for each object and each of its defect types, percent.
kainjow::mustache::data FiguresTable(const MetricsReport& metrics);

}  // namespace touchstone
