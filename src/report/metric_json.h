#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"

namespace touchstone {

/// The value, or null.
nlohmann::ordered_json OrNull(const Metric& metric);

/// Sets json[name] to the value, or to null with "<name>_reason" beside it.
void PutMetric(nlohmann::ordered_json* json, const std::string& name, const Metric& metric);

/// Sets json[name] to [low, high]; does nothing where there is no interval.
void PutInterval(nlohmann::ordered_json* json, const std::string& name, const Metric& metric);

/// Sets json[name] to {"<part>": value, ...} as PutMetric does each, and json[name + "_ci"] to those that
/// have an interval; nothing where none has.
void PutParts(nlohmann::ordered_json* json, const std::string& name,
              const std::map<std::string, Metric>& parts);

/// The reverse of PutMetric(name) and PutInterval(name + "_ci"). @throws nlohmann's exceptions if it is
/// malformed.
Metric MetricFrom(const nlohmann::ordered_json& json, const std::string& name);

/// How the intervals were made; null where there are none.
nlohmann::ordered_json BootstrapJson(const BootstrapOptions& bootstrap);

/// A document as it is written: indented, names that are not UTF-8 with U+FFFD for what is not.
std::string DocumentText(const nlohmann::ordered_json& json);

}  // namespace touchstone
