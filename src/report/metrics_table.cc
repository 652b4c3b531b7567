#include <algorithm>

#include "metrics_means.h"
#include "page_text.h"
#include "touchstone/core/text.h"
#include "touchstone/report/metrics_report.h"

namespace touchstone {
namespace {

constexpr const char* kShownSproLimit = "0.05";  // the one that papers quote

std::string Row(const std::string& name, const std::vector<std::string>& cells) {
  const auto pad = [](std::size_t width, const std::string& text) {
    return std::string(text.size() < width ? width - text.size() : 1, ' ');
  };
  std::string row = Printable(name) + pad(20, name);
  for (const std::string& cell : cells) row += pad(10, cell) + cell;
  return row + '\n';
}

// Whether any object's ground truth says what is enough of a defect.
bool HasSpro(const MetricsReport& report) {
  return std::any_of(report.objects.begin(), report.objects.end(),
                     [](const auto& named) { return !named.second.overall.au_spro.empty(); });
}

// The figures of the table, each as `cell` shows it.
std::vector<std::string> FigureCells(const MetricsReport& report, const MetricsGroup& group,
                                     std::string (*cell)(const Metric&)) {
  std::vector<std::string> cells;
  for (const Metric* metric :
       {&group.image_score.rocauc, &group.image_retrieval.rocauc, &group.image_map_max.rocauc,
        &group.pixel.rocauc, &group.pixel.average_precision, &group.pixel.f1_max}) {
    cells.push_back(cell(*metric));
  }
  for (const auto& entry : group.au_pro) cells.push_back(cell(entry.second));
  if (HasSpro(report)) {
    const auto found = group.au_spro.find(kShownSproLimit);
    cells.push_back(cell(found != group.au_spro.end() ? found->second : Metric{}));
  }
  return cells;
}

// The row of an object's intervals; none where they were not asked for.
std::string IntervalRow(const MetricsReport& report, const MetricsGroup& group) {
  if (report.bootstrap.num_resamples == 0) return "";
  const std::string name = "  " + ShortText(report.bootstrap.confidence * 100) + " % interval";
  std::vector<std::string> cells = FigureCells(report, group, PercentInterval);
  cells.insert(cells.begin(), 2, "");
  return Row(name, cells);
}

std::string GroupRow(const MetricsReport& report, const std::string& name, const MetricsGroup& group) {
  std::vector<std::string> cells = FigureCells(report, group, PercentText);
  cells.insert(cells.begin(), {std::to_string(group.num_normal), std::to_string(group.num_anomalous)});
  return Row(name, cells);
}

}  // namespace

std::string MetricsTable(const MetricsReport& report) {
  std::vector<std::string> titles{"normal",  "anomalous", "score", "retrieval",
                                  "map max", "ROCAUC",    "AP",    "F1-max"};
  if (!report.objects.empty()) {
    for (const auto& entry : report.objects.begin()->second.overall.au_pro)
      titles.push_back("PRO " + entry.first);
  }
  if (HasSpro(report)) titles.push_back(std::string("sPRO ") + kShownSproLimit);
  std::string table = Row("", {"images", "images", "ROCAUC", "ROCAUC", "ROCAUC", "pixel", "pixel", "pixel"}) +
                      Row("percent", titles);
  for (const auto& [name, object] : report.objects) {
    table += GroupRow(report, name, object.overall) + IntervalRow(report, object.overall);
    for (const auto& [defect, group] : object.per_defect) table += GroupRow(report, "  " + defect, group);
  }
  if (report.objects.size() > 1) {
    const MetricsGroup mean = Mean(report);
    std::vector<std::string> cells = FigureCells(report, mean, PercentText);
    cells.insert(cells.begin(), 2, "");
    table += Row("mean", cells) + IntervalRow(report, mean);
  }
  return table;
}

}  // namespace touchstone
