#include "touchstone/report/benchmark_report.h"

#include <nlohmann/json.hpp>

#include "benchmark_rows.h"
#include "csv.h"
#include "metric_json.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/store/options_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kSchema[] = "touchstone.benchmark/1";
constexpr char kRowSchema[] = "touchstone.benchmark-row/1";
constexpr std::uint64_t kMaxRowBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxTablesBytes = std::uint64_t{64} << 20;

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

// The figures of a row beside the published ones.
void PutFigures(Json* json, const std::vector<BenchmarkColumn>& columns, const ComparedRow& row) {
  for (std::size_t i = 0; i < row.figures.size(); ++i) {
    const BenchmarkColumn& column = columns[i];
    const std::string name = column.name;
    PutMetric(json, name, row.figures[i].ours);
    PutInterval(json, name + "_ci", row.figures[i].ours);
    if (column.published == nullptr) continue;
    (*json)[name + "_published"] = OrNull(row.figures[i].published);
    (*json)[name + "_difference"] = OrNull(row.figures[i].difference());
  }
}

Json HeadingOf(const BenchmarkRow& row) {
  return {
      {"category", row.category},
      {"setting", row.setting},
      {"images", {{"train", row.num_train}, {"normal", row.num_normal}, {"anomalous", row.num_anomalous}}},
      {"failed_images", row.num_failed},
      {"error", row.error.empty() ? Json(nullptr) : Json(row.error)}};
}

Json CostsJson(const BenchmarkCosts& costs) {
  Json json = Json::object();
  for (const CostColumn& column : CostColumns()) json[column.name] = OrNull(costs.*column.cost);
  return json;
}

Json RowJson(const BenchmarkReport& report, const ComparedRow& row) {
  Json json = row.row != nullptr ? HeadingOf(*row.row) : Json{{"mean", row.name}, {"setting", row.setting}};
  PutFigures(&json, BenchmarkColumns(report), row);
  if (report.kind != BenchmarkKind::kMethods) return json;
  json["costs"] = CostsJson(row.costs);
  if (row.row != nullptr) json["options"] = ToJson(row.row->options);
  return json;
}

BenchmarkRow RowFrom(const Json& json) {
  BenchmarkRow row;
  row.category = json.at("category").get<std::string>();
  row.setting = json.at("setting").get<std::string>();
  const Json& images = json.at("images");
  row.num_train = images.at("train").get<std::uint64_t>();
  row.num_normal = images.at("normal").get<std::uint64_t>();
  row.num_anomalous = images.at("anomalous").get<std::uint64_t>();
  row.num_failed = json.at("failed_images").get<std::uint64_t>();
  for (const BenchmarkColumn& column : AllBenchmarkColumns()) {
    row.figures.*column.ours = MetricFrom(json, column.name);
  }
  for (const CostColumn& column : CostColumns()) {
    const Json& cost = json.at("costs").at(column.name);
    if (!cost.is_null()) row.costs.*column.cost = cost.get<double>();
  }
  return row;
}

std::string CsvFigures(const std::vector<BenchmarkColumn>& columns, const ComparedRow& row) {
  std::string csv;
  for (std::size_t i = 0; i < row.figures.size(); ++i) {
    const ComparedFigure& figure = row.figures[i];
    const std::optional<Interval>& interval = figure.ours.interval;
    csv += ',' + CsvCell(figure.ours.value);
    csv += ',' + CsvCell(interval ? std::optional<double>(interval->low) : std::nullopt);
    csv += ',' + CsvCell(interval ? std::optional<double>(interval->high) : std::nullopt);
    if (columns[i].published == nullptr) continue;
    csv += ',' + CsvCell(figure.published) + ',' + CsvCell(figure.difference());
  }
  return csv;
}

}  // namespace

std::string BenchmarkJson(const BenchmarkReport& report) {
  Json rows = Json::array(), means = Json::array();
  for (const ComparedRow& row : CategoryRows(report)) rows.push_back(RowJson(report, row));
  for (const ComparedRow& row : MeanRows(report)) means.push_back(RowJson(report, row));
  const Json json = {
      {"schema", kSchema},
      {"touchstone_version", report.touchstone_version},
      {"extractor", {{"name", report.extractor_name}, {"sha256", report.extractor_sha256}}},
      {"preprocessing", ToJson(report.preprocessing)},
      {report.kind == BenchmarkKind::kMethods ? "first_options" : "options", ToJson(report.options)},
      {"resolution", report.resolution},
      {"false_alarm_rate", report.false_alarm_rate},
      {"bootstrap", BootstrapJson(report.bootstrap)},
      {"categories", rows},
      {"means", means},
      {"notes", BenchmarkNotes(report)},
      {"complete", report.complete}};
  return DocumentText(json);
}

std::string BenchmarkCsv(const BenchmarkReport& report) {
  std::string csv = "category,setting,train_images,normal_images,anomalous_images,failed_images";
  const std::vector<BenchmarkColumn> columns = BenchmarkColumns(report);
  for (const BenchmarkColumn& column : columns) {
    const std::string name = std::string(",") + column.name;
    csv += name + name + "_low" + name + "_high";
    if (column.published != nullptr) csv += name + "_published" + name + "_difference";
  }
  const bool has_costs = report.kind == BenchmarkKind::kMethods;
  for (const CostColumn& column : CostColumns()) csv += has_costs ? std::string(",") + column.name : "";
  csv += ",error\n";
  for (const ComparedRow& row : CategoryRows(report)) {
    csv += CsvCell(row.name) + ',' + CsvCell(row.setting) + ',' + std::to_string(row.row->num_train) + ',' +
           std::to_string(row.row->num_normal) + ',' + std::to_string(row.row->num_anomalous) + ',' +
           std::to_string(row.row->num_failed) + CsvFigures(columns, row);
    for (const CostColumn& column : CostColumns())
      csv += has_costs ? ',' + CsvCell(row.costs.*column.cost) : "";
    csv += ',' + CsvCell(row.row->error) + '\n';
  }
  return csv;
}

std::string BenchmarkRowJson(const BenchmarkRow& row, const std::string& key) {
  Json json = HeadingOf(row);
  for (const BenchmarkColumn& column : AllBenchmarkColumns()) {
    PutMetric(&json, column.name, row.figures.*column.ours);
    PutInterval(&json, std::string(column.name) + "_ci", row.figures.*column.ours);
  }
  json["costs"] = CostsJson(row.costs);
  return DocumentText({{"schema", kRowSchema}, {"key", key}, {"row", json}});
}

std::vector<std::pair<std::string, std::string>> ReadBenchmarkRows(const std::filesystem::path& file) try {
  std::vector<std::pair<std::string, std::string>> rows;
  const Json json = Json::parse(ReadFile(file, kMaxTablesBytes));
  if (json.at("schema") != kSchema) return {};
  for (const Json& row : json.at("categories")) {
    rows.emplace_back(row.at("category").get<std::string>(), row.at("setting").get<std::string>());
  }
  return rows;
} catch (const Error&) {
  return {};  // not there
} catch (const Json::exception&) {
  return {};  // damaged
}

std::optional<BenchmarkRow> ReadBenchmarkRow(const std::filesystem::path& file, const std::string& key) {
  try {
    const Json json = Json::parse(ReadFile(file, kMaxRowBytes));
    if (json.at("schema") != kRowSchema || json.at("key") != key) return std::nullopt;
    return RowFrom(json.at("row"));
  } catch (const Error&) {
    return std::nullopt;  // not there
  } catch (const Json::exception&) {
    return std::nullopt;  // damaged: the row is made anew
  }
}

}  // namespace touchstone
