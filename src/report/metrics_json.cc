#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "metric_json.h"
#include "metrics_means.h"
#include "touchstone/report/metrics_report.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

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
  if (!group.au_spro.empty()) PutParts(json, "au_spro", group.au_spro);
}

Json GroupJson(const MetricsGroup& group, const std::string& resolution) {
  Json json = {{"images", {{"normal", group.num_normal}, {"anomalous", group.num_anomalous}}},
               {"regions", group.num_regions},
               {"resolution", resolution}};
  PutFigures(&json, group);
  PutFigure(&json, group, kThreshold);
  return json;
}

// What MVTec LOCO AD's papers quote: the mean over the types of defects, each with all good images.
Json MeanOverDefects(const ObjectMetrics& object, double confidence) {
  Groups groups;
  for (const auto& [defect, group] : object.per_defect) groups[defect] = &group;
  const MetricsGroup mean = MeanOver(groups, Draws::kTogether, confidence);
  Json json = Json::object();
  PutFigure(&json, mean, kFigures[0]);
  PutParts(&json, "au_spro", mean.au_spro);
  return json;
}

// A number that an image may not have.
void PutScore(Json* json, const std::string& name, const std::optional<double>& score, const char* reason) {
  PutMetric(json, name, {score, score ? "" : reason});
}

Json CoversJson(const std::vector<RegionCover>& regions) {
  Json covers = Json::array();
  for (const RegionCover& region : regions) {
    Json json = {{"box", {region.box.x, region.box.y, region.box.width, region.box.height}},
                 {"area_px", region.area_px},
                 {"peak", region.peak}};
    PutMetric(&json, "covered", region.covered);
    covers.push_back(json);
  }
  return covers;
}

Json ChannelsJson(const std::vector<ChannelCover>& channels) {
  Json covers = Json::array();
  for (const ChannelCover& channel : channels) {
    Json json = {{"area_px", channel.area_px}, {"saturation_px", channel.saturation_px}};
    PutMetric(&json, "covered", channel.covered);
    covers.push_back(json);
  }
  return covers;
}

Json ImageJson(const ImageMetrics& image) {
  Json json = {{"path", image.path}, {"defect", image.defect}, {"anomalous", image.is_anomalous}};
  PutScore(&json, "score", image.score, "no score");
  PutScore(&json, "retrieval_score", image.retrieval_score, "no retrieval score");
  PutScore(&json, "map_max", image.map_max, "no map");
  for (const NamedFigure& figure : kFigures)
    PutMetric(&json, std::string("pixel_") + figure.name, image.pixel.*figure.metric);
  PutMetric(&json, std::string("pixel_") + kThreshold.name, image.pixel.*kThreshold.metric);
  PutParts(&json, "au_pro", image.au_pro);
  if (!image.au_spro.empty()) PutParts(&json, "au_spro", image.au_spro);
  PutMetric(&json, "false_positive_rate", image.false_positive_rate);
  json["regions"] = image.num_regions;
  json["covers"] = CoversJson(image.regions);
  if (!image.au_spro.empty()) json["channels"] = ChannelsJson(image.channels);
  return json;
}

// The ROC curve of the maps' maxima, a point for every distinct one; empty where there are not images of both
// kinds, or some have no map.
Curve MapMaxCurve(const std::vector<ImageMetrics>& images) {
  std::map<double, std::array<double, 2>, std::greater<>> counts;  // normal and anomalous images by maximum
  std::array<double, 2> totals{};
  for (const ImageMetrics& image : images) {
    if (!image.map_max) return {};
    ++counts[*image.map_max][image.is_anomalous ? 1 : 0];
    ++totals[image.is_anomalous ? 1 : 0];
  }
  if (totals[0] == 0 || totals[1] == 0) return {};
  Curve curve{{0, 0}};
  std::array<double, 2> found{};
  for (const auto& entry : counts) {
    for (std::size_t kind = 0; kind < 2; ++kind) found[kind] += entry.second[kind];
    curve.push_back({found[0] / totals[0], found[1] / totals[1]});
  }
  return curve;
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
    if (!object.overall.au_spro.empty())
      json["mean_over_defects"] = MeanOverDefects(object, report.bootstrap.confidence);
    json["per_image"] = Json::array();
    for (const ImageMetrics& image : object.per_image) json["per_image"].push_back(ImageJson(image));
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
    const Curve roc = MapMaxCurve(object.per_image);
    Json fpr = Json::array(), tpr = Json::array();
    for (const CurvePoint& point : roc) {
      fpr.push_back(point.x);
      tpr.push_back(point.y);
    }
    json[name] = {{"au_pro", OrNull(object.overall.au_pro.at(report.pro_limit))},
                  {"classification_au_roc", OrNull(object.overall.image_map_max.rocauc)},
                  {"classification_roc_curve_fpr", fpr},
                  {"classification_roc_curve_tpr", tpr}};
  }
  const MetricsGroup mean = Mean(report);
  json["mean_au_pro"] = report.objects.empty() ? Json(nullptr) : OrNull(mean.au_pro.at(report.pro_limit));
  json["mean_classification_au_roc"] = OrNull(mean.image_map_max.rocauc);
  return DocumentText(json);
}

std::string LocoMetricsJson(const MetricsReport& report) {
  Json json = Json::object();
  for (const auto& [name, object] : report.objects) {
    Groups groups;
    for (const auto& [defect, group] : object.per_defect) groups[defect] = &group;
    const MetricsGroup mean = MeanOver(groups, Draws::kTogether, report.bootstrap.confidence);
    groups["mean"] = &mean;
    Json rocs = Json::object(), areas = Json::object();
    for (const auto& [defect, group] : groups) {
      rocs[defect] = OrNull(group->image_map_max.rocauc);
      areas[defect] = Json::object();
      for (const auto& [limit, area] : group->au_spro)
        areas[defect][limit == "1" ? "1.0" : limit] = OrNull(area);
    }
    json[name] = {{"classification", {{"auc_roc", rocs}}}, {"localization", {{"auc_spro", areas}}}};
  }
  return DocumentText(json);
}

}  // namespace touchstone
