#include "page_figures.h"

#include <set>

#include "page_text.h"

namespace touchstone {
namespace {

using Data = kainjow::mustache::data;

Data Cell(const std::string& value, const std::string& interval) {
  Data cell;
  cell.set("value", value);
  cell.set("interval", interval.empty() ? Data(false) : Data(interval));
  return cell;
}

// The limits of AU-sPRO that some object has a figure for.
std::set<std::string> SproLimits(const MetricsReport& metrics) {
  std::set<std::string> limits;
  for (const auto& object : metrics.objects) {
    for (const auto& figure : object.second.overall.au_spro) limits.insert(figure.first);
  }
  return limits;
}

Data FiguresRow(const std::string& name, const char* kind, const MetricsGroup& group,
                const std::set<std::string>& spro_limits) {
  Data cells{Data::type::list};
  cells.push_back(Cell(std::to_string(group.num_normal), ""));
  cells.push_back(Cell(std::to_string(group.num_anomalous), ""));
  for (const Metric* metric :
       {&group.image_score.rocauc, &group.image_score.average_precision, &group.image_score.f1_max,
        &group.pixel.rocauc, &group.pixel.average_precision}) {
    cells.push_back(Cell(PercentText(*metric), PercentInterval(*metric)));
  }
  for (const auto& entry : group.au_pro) {
    cells.push_back(Cell(PercentText(entry.second), PercentInterval(entry.second)));
  }
  for (const std::string& limit : spro_limits) {
    const auto figure = group.au_spro.find(limit);
    const Metric metric = figure != group.au_spro.end() ? figure->second : Metric{};
    cells.push_back(Cell(PercentText(metric), PercentInterval(metric)));
  }
  Data row;
  row.set("name", DisplayText(name));
  row.set("kind", kind);
  row.set("cells", cells);
  return row;
}

}  // namespace

Data FiguresTable(const MetricsReport& metrics) {
  Data columns{Data::type::list}, rows{Data::type::list};
  for (const char* name :
       {"normal", "anomalous", "image ROCAUC", "image AP", "image F1-max", "pixel ROCAUC", "pixel AP"})
    columns.push_back(name);
  if (!metrics.objects.empty()) {
    for (const auto& entry : metrics.objects.begin()->second.overall.au_pro)
      columns.push_back("PRO " + entry.first);
  }
  const std::set<std::string> spro_limits = SproLimits(metrics);
  for (const std::string& limit : spro_limits) columns.push_back("sPRO " + limit);
  for (const auto& [name, object] : metrics.objects) {
    rows.push_back(FiguresRow(name, "object", object.overall, spro_limits));
    for (const auto& [defect, group] : object.per_defect)
      rows.push_back(FiguresRow(defect, "defect", group, spro_limits));
  }
  Data table;
  table.set("hint", metrics.bootstrap.num_resamples > 0
                        ? "percent; small: " + ShortNumber(100 * metrics.bootstrap.confidence) +
                              " % intervals, the images drawn anew " +
                              std::to_string(metrics.bootstrap.num_resamples) + " times"
                        : "percent");
  table.set("columns", columns);
  table.set("rows", rows);
  return table;
}

}  // namespace touchstone
