#include "touchstone/report/metrics_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "page_text.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

// value, or null with "<name>_reason" beside it.
void Put(Json* json, const std::string& name, const Metric& metric) {
  (*json)[name] = metric.value ? Json(*metric.value) : Json(nullptr);
  if (!metric.value) (*json)[name + "_reason"] = metric.reason;
}

// A figure of RankingFigures and the last part of its name in metrics.json.
struct NamedFigure {
  const char* name;
  Metric RankingFigures::*metric;
};
constexpr NamedFigure kFigures[] = {{"rocauc", &RankingFigures::rocauc},
                                    {"ap", &RankingFigures::average_precision},
                                    {"f1_max", &RankingFigures::f1_max}};
constexpr NamedFigure kThreshold = {"f1_threshold", &RankingFigures::f1_threshold};

struct NamedScore {
  const char* name;
  RankingFigures MetricsGroup::*figures;
};
constexpr NamedScore kImageScores[] = {{"score", &MetricsGroup::image_score},
                                       {"retrieval", &MetricsGroup::image_retrieval},
                                       {"map_max", &MetricsGroup::image_map_max}};

// One figure of every image score, and of pixels.
void PutFigure(Json* json, const MetricsGroup& group, const NamedFigure& figure) {
  Json image = Json::object();
  for (const NamedScore& score : kImageScores) Put(&image, score.name, group.*score.figures.*figure.metric);
  (*json)[std::string("image_") + figure.name] = image;
  Put(json, std::string("pixel_") + figure.name, group.pixel.*figure.metric);
}

void PutFigures(Json* json, const MetricsGroup& group) {
  for (const NamedFigure& figure : kFigures) PutFigure(json, group, figure);
  Json au_pro = Json::object();
  for (const auto& [limit, metric] : group.au_pro) Put(&au_pro, limit, metric);
  (*json)["au_pro"] = au_pro;
}

Json GroupJson(const MetricsGroup& group, const std::string& resolution) {
  Json json = {{"images", {{"normal", group.num_normal}, {"anomalous", group.num_anomalous}}},
               {"regions", group.num_regions},
               {"resolution", resolution}};
  PutFigures(&json, group);
  PutFigure(&json, group, kThreshold);
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
  for (const auto figures : {&MetricsGroup::image_score, &MetricsGroup::image_retrieval,
                             &MetricsGroup::image_map_max, &MetricsGroup::pixel}) {
    for (const NamedFigure& figure : kFigures) {
      mean.*figures.*figure.metric =
          MeanOf(report, [&](const MetricsGroup& g) { return g.*figures.*figure.metric; });
    }
  }
  if (report.objects.empty()) return mean;
  for (const auto& entry : report.objects.begin()->second.overall.au_pro) {
    const std::string& limit = entry.first;
    mean.au_pro[limit] = MeanOf(report, [&](const MetricsGroup& g) { return g.au_pro.at(limit); });
  }
  return mean;
}

std::string Row(const std::string& name, const std::vector<std::string>& cells) {
  std::string row = Printable(name) + std::string(name.size() < 28 ? 28 - name.size() : 1, ' ');
  for (const std::string& cell : cells)
    row += std::string(cell.size() < 11 ? 11 - cell.size() : 1, ' ') + cell;
  return row + '\n';
}

std::vector<std::string> FigureCells(const MetricsGroup& group) {
  std::vector<std::string> cells{PercentText(group.image_score.rocauc), PercentText(group.image_retrieval.rocauc),
                                 PercentText(group.image_map_max.rocauc), PercentText(group.pixel.rocauc)};
  for (const auto& entry : group.au_pro) cells.push_back(PercentText(entry.second));
  return cells;
}

std::string GroupRow(const std::string& name, const MetricsGroup& group) {
  std::vector<std::string> cells = FigureCells(group);
  cells.insert(cells.begin(), {std::to_string(group.num_normal), std::to_string(group.num_anomalous)});
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
    std::vector<std::string> cells = FigureCells(Mean(report));
    cells.insert(cells.begin(), 2, "");
    table += Row("mean", cells);
  }
  return table;
}

}  // namespace touchstone
