#include "touchstone/report/metrics_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "metric_json.h"
#include "page_text.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

// A figure of several parts, {"<part>": value}, with their intervals beside it as "<name>_ci".
void PutParts(Json* json, const std::string& name, const std::map<std::string, Metric>& parts) {
  Json values = Json::object(), intervals = Json::object();
  for (const auto& [part, metric] : parts) {
    PutMetric(&values, part, metric);
    PutInterval(&intervals, part, metric);
  }
  (*json)[name] = values;
  if (!intervals.empty()) (*json)[name + "_ci"] = intervals;
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
  std::map<std::string, Metric> image;
  for (const NamedScore& score : kImageScores) image[score.name] = group.*score.figures.*figure.metric;
  PutParts(json, std::string("image_") + figure.name, image);
  const std::string pixel = std::string("pixel_") + figure.name;
  PutMetric(json, pixel, group.pixel.*figure.metric);
  PutInterval(json, pixel + "_ci", group.pixel.*figure.metric);
}

void PutFigures(Json* json, const MetricsGroup& group) {
  for (const NamedFigure& figure : kFigures) PutFigure(json, group, figure);
  PutParts(json, "au_pro", group.au_pro);
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
  const auto pad = [](std::size_t width, const std::string& text) {
    return std::string(text.size() < width ? width - text.size() : 1, ' ');
  };
  std::string row = Printable(name) + pad(20, name);
  for (const std::string& cell : cells) row += pad(10, cell) + cell;
  return row + '\n';
}

// The figures of the table, each as `cell` shows it.
std::vector<std::string> FigureCells(const MetricsGroup& group, std::string (*cell)(const Metric&)) {
  std::vector<std::string> cells;
  for (const Metric* metric :
       {&group.image_score.rocauc, &group.image_retrieval.rocauc, &group.image_map_max.rocauc,
        &group.pixel.rocauc, &group.pixel.average_precision, &group.pixel.f1_max}) {
    cells.push_back(cell(*metric));
  }
  for (const auto& entry : group.au_pro) cells.push_back(cell(entry.second));
  return cells;
}

// The row of an object's intervals; none where they were not asked for.
std::string IntervalRow(const MetricsReport& report, const MetricsGroup& group) {
  if (report.bootstrap.num_resamples == 0) return "";
  char name[32];
  std::snprintf(name, sizeof name, "  %g %% interval", report.bootstrap.confidence * 100);
  std::vector<std::string> cells = FigureCells(group, PercentInterval);
  cells.insert(cells.begin(), 2, "");
  return Row(name, cells);
}

std::string GroupRow(const std::string& name, const MetricsGroup& group) {
  std::vector<std::string> cells = FigureCells(group, PercentText);
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
                     {"bootstrap", BootstrapJson(report.bootstrap)},
                     {"objects", objects},
                     {"mean", mean},
                     {"warnings", report.warnings}};
  return DocumentText(json);
}

std::string MvtecMetricsJson(const MetricsReport& report) {
  Json json = Json::object();
  for (const auto& [name, object] : report.objects) {
    const RankingFigures& images = object.overall.image_map_max;
    Json fpr = Json::array(), tpr = Json::array();
    for (const CurvePoint& point : images.roc) {
      fpr.push_back(point.x);
      tpr.push_back(point.y);
    }
    json[name] = {{"au_pro", OrNull(object.overall.au_pro.at(report.pro_limit))},
                  {"classification_au_roc", OrNull(images.rocauc)},
                  {"classification_roc_curve_fpr", fpr},
                  {"classification_roc_curve_tpr", tpr}};
  }
  const MetricsGroup mean = Mean(report);
  json["mean_au_pro"] = report.objects.empty() ? Json(nullptr) : OrNull(mean.au_pro.at(report.pro_limit));
  json["mean_classification_au_roc"] = OrNull(mean.image_map_max.rocauc);
  return DocumentText(json);
}

std::string MetricsTable(const MetricsReport& report) {
  std::vector<std::string> titles{"normal",  "anomalous", "score", "retrieval",
                                  "map max", "ROCAUC",    "AP",    "F1-max"};
  if (!report.objects.empty()) {
    for (const auto& entry : report.objects.begin()->second.overall.au_pro)
      titles.push_back("PRO " + entry.first);
  }
  std::string table = Row("", {"images", "images", "ROCAUC", "ROCAUC", "ROCAUC", "pixel", "pixel", "pixel"}) +
                      Row("percent", titles);
  for (const auto& [name, object] : report.objects) {
    table += GroupRow(name, object.overall) + IntervalRow(report, object.overall);
    for (const auto& [defect, group] : object.per_defect) table += GroupRow("  " + defect, group);
  }
  if (report.objects.size() > 1) {
    std::vector<std::string> cells = FigureCells(Mean(report), PercentText);
    cells.insert(cells.begin(), 2, "");
    table += Row("mean", cells);
  }
  return table;
}

}  // namespace touchstone
