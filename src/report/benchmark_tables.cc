// The console's table and the Markdown one: the same rows and cells, each laid out in its way.
#include <algorithm>
#include <cstdio>

#include "benchmark_rows.h"
#include "page_text.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

using Cells = std::vector<std::string>;

std::string PercentOrDash(const std::optional<double>& share, const char* format) {
  if (!share) return "-";
  char text[32];
  std::snprintf(text, sizeof text, format, *share * 100);
  return text;
}

std::string FullName(const ComparedRow& row) {
  return Printable(row.name) + (row.setting.empty() ? "" : ", " + row.setting);
}

// "60 / 40+119": images to learn from, normal and anomalous ones to check.
std::string Counts(const ComparedRow& row) {
  if (row.row == nullptr) return "";
  return std::to_string(row.row->num_train) + " / " + std::to_string(row.row->num_normal) + "+" +
         std::to_string(row.row->num_anomalous);
}

std::string ConfidenceName(const BootstrapOptions& bootstrap) {
  return ShortText(bootstrap.confidence * 100) + " % interval";
}

// The indices of the columns that a table shows.
std::vector<std::size_t> ShownColumns(const BenchmarkReport& report,
                                      const std::vector<BenchmarkColumn>& columns) {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const BenchmarkColumn& column = columns[i];
    const bool has_any = std::any_of(report.rows.begin(), report.rows.end(), [&](const BenchmarkRow& row) {
      return (row.figures.*column.ours).value.has_value();
    });
    if (has_any || !column.is_by_threshold) shown.push_back(i);
  }
  return shown;
}

std::vector<ComparedRow> AllRows(const BenchmarkReport& report) {
  std::vector<ComparedRow> rows = CategoryRows(report);
  for (const ComparedRow& mean : MeanRows(report)) rows.push_back(mean);
  return rows;
}

// What a table shows.
struct Layout {
  std::vector<BenchmarkColumn> all;
  std::vector<std::size_t> columns;  // indices of those shown
  bool has_published = false;        // of any category, or their mean
  bool has_costs = false;

  bool IsCompared(std::size_t column) const { return has_published && all[column].published != nullptr; }
};

Layout LayoutOf(const BenchmarkReport& report) {
  const std::vector<ComparedRow> rows = AllRows(report);
  const bool has_published = std::any_of(rows.begin(), rows.end(), [](const ComparedRow& row) {
    return std::any_of(row.figures.begin(), row.figures.end(),
                       [](const ComparedFigure& figure) { return figure.published.has_value(); });
  });
  const std::vector<BenchmarkColumn> all = BenchmarkColumns(report);
  return {all, ShownColumns(report, all), has_published, report.kind == BenchmarkKind::kMethods};
}

std::string CostCell(const std::optional<double>& cost, const CostColumn& column) {
  if (!cost) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", column.num_decimals, *cost / column.unit);
  return text;
}

// ours, published and difference of every column shown, and the costs; `ours` says how ours is written.
Cells FigureCells(const ComparedRow& row, const Layout& layout, std::string (*ours)(const Metric&)) {
  Cells cells;
  for (const std::size_t i : layout.columns) {
    const ComparedFigure& figure = row.figures[i];
    cells.push_back(ours(figure.ours));
    if (!layout.IsCompared(i)) continue;
    cells.push_back(PercentOrDash(figure.published, "%.1f"));
    cells.push_back(PercentOrDash(figure.difference(), "%+.1f"));
  }
  if (!layout.has_costs) return cells;
  for (const CostColumn& column : CostColumns()) cells.push_back(CostCell(row.costs.*column.cost, column));
  return cells;
}

Cells Titles(const Layout& layout) {
  Cells titles;
  for (const std::size_t i : layout.columns) {
    const BenchmarkColumn& column = layout.all[i];
    titles.emplace_back(column.title);
    if (layout.IsCompared(i)) titles.insert(titles.end(), {"publ.", "diff."});
  }
  if (!layout.has_costs) return titles;
  for (const CostColumn& column : CostColumns()) titles.emplace_back(column.title);
  return titles;
}

// Cells right-aligned under each other, the first one left-aligned.
std::string Aligned(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Cells& row : rows) {
    std::string line = row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = 1; i < row.size(); ++i) {
      line += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

// What a character of a name is in a cell: it may end one, or begin HTML.
std::string InMarkdown(char c) {
  switch (c) {
    case '|':
      return "\\|";
    case '<':
      return "&lt;";
    case '&':
      return "&amp;";
    default:
      return {c};
  }
}

std::string MarkdownRow(const Cells& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) {
    line += ' ';
    for (const char c : cell) line += InMarkdown(c);
    line += " |";
  }
  return line + '\n';
}

std::string WithInterval(const Metric& metric) {
  const std::string interval = PercentInterval(metric);
  return PercentText(metric) + (interval.empty() ? "" : " (" + interval + ")");
}

Cells Joined(Cells front, const Cells& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}

}  // namespace

std::string BenchmarkTable(const BenchmarkReport& report) {
  const Layout layout = LayoutOf(report);
  std::vector<Cells> lines{Joined({"percent", "train / test"}, Titles(layout))};
  for (const ComparedRow& row : AllRows(report)) {
    lines.push_back(Joined({FullName(row), Counts(row)}, FigureCells(row, layout, PercentText)));
    if (report.bootstrap.num_resamples == 0 || row.row == nullptr || !row.row->error.empty()) continue;
    Cells intervals{"  " + ConfidenceName(report.bootstrap), ""};
    for (const std::size_t i : layout.columns) {
      intervals.push_back(PercentInterval(row.figures[i].ours));
      if (layout.IsCompared(i)) intervals.insert(intervals.end(), 2, "");
    }
    lines.push_back(intervals);
  }
  std::string text = Aligned(lines);
  for (const std::string& note : BenchmarkNotes(report)) text += note + '\n';
  return text;
}

std::string BenchmarkMarkdown(const BenchmarkReport& report) {
  const Layout layout = LayoutOf(report);
  const Cells titles = Joined({"percent", "train / normal + anomalous"}, Titles(layout));
  std::string text = "# Benchmark\n\n" + MarkdownRow(titles) + "|---|";
  for (std::size_t i = 1; i < titles.size(); ++i) text += "---:|";
  text += '\n';
  for (const ComparedRow& row : AllRows(report)) {
    text += MarkdownRow(Joined({FullName(row), Counts(row)}, FigureCells(row, layout, WithInterval)));
  }
  if (report.bootstrap.num_resamples > 0) {
    text += "\nIn brackets: " + ConfidenceName(report.bootstrap) + ".\n";
  }
  text += '\n';
  for (const std::string& note : BenchmarkNotes(report)) text += "- " + note + '\n';
  return text;
}

}  // namespace touchstone
