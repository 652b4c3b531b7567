#include "metric_json.h"

#include <nlohmann/json.hpp>

namespace touchstone {

using Json = nlohmann::ordered_json;

Json OrNull(const Metric& metric) { return metric.value ? Json(*metric.value) : Json(nullptr); }

void PutMetric(Json* json, const std::string& name, const Metric& metric) {
  (*json)[name] = OrNull(metric);
  if (!metric.value) (*json)[name + "_reason"] = metric.reason;
}

void PutInterval(Json* json, const std::string& name, const Metric& metric) {
  if (metric.interval) (*json)[name] = {metric.interval->low, metric.interval->high};
}

void PutParts(Json* json, const std::string& name, const std::map<std::string, Metric>& parts) {
  Json values = Json::object(), intervals = Json::object();
  for (const auto& [part, metric] : parts) {
    PutMetric(&values, part, metric);
    PutInterval(&intervals, part, metric);
  }
  (*json)[name] = values;
  if (!intervals.empty()) (*json)[name + "_ci"] = intervals;
}

Metric MetricFrom(const Json& json, const std::string& name) {
  Metric metric;
  if (json.at(name).is_null()) {
    metric.reason = json.at(name + "_reason").get<std::string>();
  } else {
    metric.value = json.at(name).get<double>();
  }
  const auto interval = json.find(name + "_ci");
  if (interval != json.end())
    metric.interval = {interval->at(0).get<double>(), interval->at(1).get<double>()};
  return metric;
}

Json BootstrapJson(const BootstrapOptions& bootstrap) {
  if (bootstrap.num_resamples == 0) return nullptr;
  return {{"method", "percentile; images drawn anew, normal and anomalous ones apart"},
          {"pixel_figures", "from histograms of each image"},
          {"resamples", bootstrap.num_resamples},
          {"confidence", bootstrap.confidence},
          {"seed", bootstrap.seed}};
}

std::string DocumentText(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace touchstone
