#include "touchstone/report/metrics_report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "touchstone/core/text.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

// value, or null with "<name>_reason" beside it.
void Put(Json* json, const std::string& name, const Metric& metric) {
  (*json)[name] = metric.value ? Json(*metric.value) : Json(nullptr);
  if (!metric.value) (*json)[name + "_reason"] = metric.reason;
}

void PutFigures(Json* json, const MetricsGroup& group) {
  Json image = Json::object();
  Put(&image, "score", group.image_rocauc_score);
  Put(&image, "retrieval", group.image_rocauc_retrieval);
  Put(&image, "map_max", group.image_rocauc_map_max);
  (*json)["image_rocauc"] = image;
  Put(json, "pixel_rocauc", group.pixel_rocauc);
  Json au_pro = Json::object();
  for (const auto& [limit, metric] : group.au_pro) Put(&au_pro, limit, metric);
  (*json)["au_pro"] = au_pro;
}

Json GroupJson(const MetricsGroup& group, const std::string& resolution) {
  Json json = {{"images", {{"normal", group.num_normal}, {"anomalous", group.num_anomalous}}},
               {"regions", group.num_regions},
               {"resolution", resolution}};
  PutFigures(&json, group);
  return json;
}

// The mean of one figure over all objects, or why there is none.
template <typename Get>
Metric MeanOf(const MetricsReport& report, Get get) {
  double sum = 0;
  for (const auto& [name, object] : report.objects) {
    const Metric& metric = get(object.overall);
    if (!metric.value) return {std::nullopt, "undefined for " + name + ": " + metric.reason};
    sum += *metric.value;
  }
  if (report.objects.empty()) return {std::nullopt, "there are no objects"};
  return {sum / static_cast<double>(report.objects.size()), ""};
}

MetricsGroup Mean(const MetricsReport& report) {
  MetricsGroup mean;
  mean.image_rocauc_score = MeanOf(report, [](const MetricsGroup& g) { return g.image_rocauc_score; });
  mean.image_rocauc_retrieval =
      MeanOf(report, [](const MetricsGroup& g) { return g.image_rocauc_retrieval; });
  mean.image_rocauc_map_max = MeanOf(report, [](const MetricsGroup& g) { return g.image_rocauc_map_max; });
  mean.pixel_rocauc = MeanOf(report, [](const MetricsGroup& g) { return g.pixel_rocauc; });
  if (report.objects.empty()) return mean;
  for (const auto& entry : report.objects.begin()->second.overall.au_pro) {
    const std::string& limit = entry.first;
    mean.au_pro[limit] = MeanOf(report, [&](const MetricsGroup& g) { return g.au_pro.at(limit); });
  }
  return mean;
}

std::string Percent(const Metric& metric) {
  if (!metric.value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", *metric.value * 100);
  return text;
}

std::string Row(const std::string& name, const std::vector<std::string>& cells) {
  std::string row = Printable(name) + std::string(name.size() < 28 ? 28 - name.size() : 1, ' ');
  for (const std::string& cell : cells)
    row += std::string(cell.size() < 11 ? 11 - cell.size() : 1, ' ') + cell;
  return row + '\n';
}

std::string GroupRow(const std::string& name, const MetricsGroup& group) {
  std::vector<std::string> cells{std::to_string(group.num_normal),    std::to_string(group.num_anomalous),
                                 Percent(group.image_rocauc_score),   Percent(group.image_rocauc_retrieval),
                                 Percent(group.image_rocauc_map_max), Percent(group.pixel_rocauc)};
  for (const auto& entry : group.au_pro) cells.push_back(Percent(entry.second));
  return Row(name, cells);
}

}  // namespace

std::string MetricsJson(const MetricsReport& report) {
  Json objects = Json::object();
  for (const auto& [name, object] : report.objects) {
    Json json = GroupJson(object.overall, report.resolution);
    json["per_defect"] = Json::object();
    for (const auto& [defect, group] : object.per_defect) {
      json["per_defect"][defect] = GroupJson(group, report.resolution);
    }
    objects[name] = json;
  }
  Json mean = Json::object();
  PutFigures(&mean, Mean(report));
  const Json json = {{"schema", "touchstone.metrics/1"},
                     {"touchstone_version", report.touchstone_version},
                     {"label_by_mask", report.label_by_mask},
                     {"objects", objects},
                     {"mean", mean},
                     {"warnings", report.warnings}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string MetricsTable(const MetricsReport& report) {
  std::vector<std::string> titles{"normal", "anomalous", "score", "retrieval", "map max", "pixel"};
  if (!report.objects.empty()) {
    for (const auto& entry : report.objects.begin()->second.overall.au_pro)
      titles.push_back("PRO " + entry.first);
  }
  std::string table =
      Row("", {"images", "images", "ROCAUC", "ROCAUC", "ROCAUC", "ROCAUC"}) + Row("percent", titles);
  for (const auto& [name, object] : report.objects) {
    table += GroupRow(name, object.overall);
    for (const auto& [defect, group] : object.per_defect) table += GroupRow("  " + defect, group);
  }
  if (report.objects.size() > 1) {
    const MetricsGroup mean = Mean(report);
    std::vector<std::string> cells{"",
                                   "",
                                   Percent(mean.image_rocauc_score),
                                   Percent(mean.image_rocauc_retrieval),
                                   Percent(mean.image_rocauc_map_max),
                                   Percent(mean.pixel_rocauc)};
    for (const auto& entry : mean.au_pro) cells.push_back(Percent(entry.second));
    table += Row("mean", cells);
  }
  return table;
}

}  // namespace touchstone
