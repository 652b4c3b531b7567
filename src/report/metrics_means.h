#pragma once

#include <map>
#include <string>

#include "touchstone/metrics/bootstrap.h"
#include "touchstone/report/metrics_report.h"

namespace touchstone {

/// Groups by the name that a reason gives them.
using Groups = std::map<std::string, const MetricsGroup*>;

/// The mean of each figure over the groups; undefined, with the reason, where one of them lacks it. Counts
/// and curves are left empty, thresholds too. It has an interval where the groups kept their resamples.
MetricsGroup MeanOver(const Groups& groups, Draws draws, double confidence);

/// The mean over the objects of a report.
MetricsGroup Mean(const MetricsReport& report);

}  // namespace touchstone
