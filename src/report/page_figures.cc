#include "page_figures.h"

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

Data FiguresRow(const std::string& name, const char* kind, const MetricsGroup& group) {
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
  for (const auto& [name, object] : metrics.objects) {
    rows.push_back(FiguresRow(name, "object", object.overall));
    for (const auto& [defect, group] : object.per_defect) rows.push_back(FiguresRow(defect, "defect", group));
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
