#include "page_charts.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "histogram.h"
#include "page_text.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;
using Data = kainjow::mustache::data;

Data List() { return Data{Data::type::list}; }

}  // namespace

bool HasGroundTruth(const MetricsReport& metrics) {
  return std::any_of(metrics.objects.begin(), metrics.objects.end(), [](const auto& object) {
    return object.second.overall.num_normal > 0 && object.second.overall.num_anomalous > 0;
  });
}

namespace {

// Scores by what is known of the images: ground truth where they were evaluated, else the verdict.
Histogram ScoreHistogram(const std::vector<const ImageResult*>& images, bool has_ground_truth,
                         const std::optional<double>& threshold) {
  std::map<std::string, std::vector<double>> series;
  for (const ImageResult* image : images) {
    const std::string truth = image->label == "good" ? "normal" : "anomalous";
    series[has_ground_truth ? truth : image->verdict].push_back(*image->score);
  }
  return MakeHistogram(series, threshold);
}

std::string Summary(const Histogram& histogram) {
  std::string summary = "Histogram of the scores";
  for (const auto& [name, counts] : histogram.counts) {
    std::size_t sum = 0;
    for (const std::size_t count : counts) sum += count;
    summary += ", " + std::to_string(sum) + ' ' + name;
  }
  return summary + "; the numbers are below";
}

Data HistogramTable(const Histogram& histogram, bool has_threshold) {
  Data series = List(), bins = List();
  for (const auto& entry : histogram.counts) series.push_back(entry.first);
  const std::size_t num_bins = histogram.counts.begin()->second.size();
  for (std::size_t i = 0; i < num_bins; ++i) {
    Data bin, counts = List();
    for (const auto& entry : histogram.counts) counts.push_back(std::to_string(entry.second[i]));
    const auto edge = [&](std::size_t k) {
      return ShortNumber(histogram.from + static_cast<double>(k) * histogram.step);
    };
    bin.set("low", edge(i));
    bin.set("high", edge(i + 1));
    bin.set("counts", counts);
    bins.push_back(bin);
  }
  Data table;
  table.set("summary", Summary(histogram));
  table.set("from", has_threshold ? "score above" : "score from");
  table.set("to", has_threshold ? "to" : "to below");
  table.set("series", series);
  table.set("bins", bins);
  return table;
}

Json HistogramJson(const Histogram& histogram, const std::optional<double>& threshold) {
  Json series = Json::array();
  for (const auto& [name, counts] : histogram.counts) series.push_back({{"name", name}, {"counts", counts}});
  return {{"from", histogram.from},
          {"step", histogram.step},
          {"series", series},
          {"threshold", threshold ? Json(*threshold) : Json(nullptr)}};
}

// JSON inside a script element: '<' is escaped, so that nothing in it ends the element or begins a comment.
std::string ScriptData(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    text += c == '<' ? "\\u003c" : std::string(1, c);
  }
  return text;
}

// One of the curves of all objects, with the figure that it stands for.
struct CurveChart {
  const char* id;
  const char* name;
  const char* y;
  double limit;  // of the false-positive rate
  std::function<const Curve&(const MetricsGroup&)> curve;
  std::function<const Metric&(const MetricsGroup&)> figure;
};

std::vector<CurveChart> CurveCharts(const MetricsReport& metrics) {
  std::string pro_limit = "1";  // the widest that was asked for
  if (!metrics.objects.empty()) {
    const auto& au_pro = metrics.objects.begin()->second.overall.au_pro;
    if (!au_pro.empty()) pro_limit = au_pro.rbegin()->first;
  }
  const auto pro = [pro_limit](const MetricsGroup& g) -> const Metric& { return g.au_pro.at(pro_limit); };
  return {{"image-roc", "ROC, images", "true-positive rate", 1,
           [](const MetricsGroup& g) -> const Curve& { return g.image_score.roc; },
           [](const MetricsGroup& g) -> const Metric& { return g.image_score.rocauc; }},
          {"pixel-roc", "ROC, pixels", "true-positive rate", 1,
           [](const MetricsGroup& g) -> const Curve& { return g.pixel.roc; },
           [](const MetricsGroup& g) -> const Metric& { return g.pixel.rocauc; }},
          {"pro", "PRO, regions", "covered share of regions", std::stod(pro_limit),
           [](const MetricsGroup& g) -> const Curve& { return g.pro; }, pro}};
}

// Adds the chart, unless its curve is undefined for every object.
void PutCurve(const CurveChart& chart, const MetricsReport& metrics, Data* curves, Json* numbers) {
  Json series = Json::array();
  std::string areas;
  for (const auto& [name, object] : metrics.objects) {
    Json points = Json::array();
    for (const CurvePoint& point : chart.curve(object.overall))
      points.push_back({{"x", point.x}, {"y", point.y}});
    if (points.empty()) continue;
    series.push_back({{"name", DisplayText(name)}, {"points", points}});
    areas += (areas.empty() ? "area " : ", ") + PercentText(chart.figure(object.overall)) + " %";
  }
  if (series.empty()) return;
  numbers->push_back({{"id", chart.id}, {"y", chart.y}, {"limit", chart.limit}, {"series", series}});
  Data shown;
  shown.set("id", chart.id);
  shown.set("name", chart.name);
  shown.set("hint", series.size() == 1 ? areas : "");
  shown.set("summary", std::string(chart.name) + ": " + chart.y + " over false-positive rate, " + areas);
  curves->push_back(shown);
}

}  // namespace

void PutCharts(const Results& results, const std::vector<const ImageResult*>& images,
               const MetricsReport* metrics, Data* page) {
  Json numbers = {{"histogram", nullptr}, {"curves", Json::array()}};
  page->set("histogram", false);
  if (!images.empty()) {
    const bool has_ground_truth = metrics != nullptr && HasGroundTruth(*metrics);
    const std::optional<double> threshold = results.thresholds ? results.thresholds->score : std::nullopt;
    const Histogram histogram = ScoreHistogram(images, has_ground_truth, threshold);
    numbers["histogram"] = HistogramJson(histogram, threshold);
    Data table = HistogramTable(histogram, threshold.has_value());
    const bool is_judged = std::any_of(images.begin(), images.end(),
                                       [](const auto* image) { return image->verdict != "undecided"; });
    table.set("by", has_ground_truth ? Data("ground truth") : is_judged ? Data("verdict") : Data(false));
    page->set("histogram", table);
  }
  Data curves = List();
  if (metrics != nullptr) {
    for (const CurveChart& chart : CurveCharts(*metrics))
      PutCurve(chart, *metrics, &curves, &numbers["curves"]);
  }
  page->set("curves", curves);
  page->set("data", ScriptData(numbers));
}

}  // namespace touchstone
