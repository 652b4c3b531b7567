#include "benchmark_rows.h"

#include <algorithm>
#include <cmath>

#include "touchstone/core/text.h"
#include "touchstone/methods/thresholds.h"

namespace touchstone {
namespace {

using Rows = std::vector<const BenchmarkRow*>;

// A mean is of nothing where one of its parts is undefined: means over other categories do not compare.
Metric MeanOf(const Rows& rows, Metric BenchmarkFigures::*figure) {
  double sum = 0;
  for (const BenchmarkRow* row : rows) {
    const Metric& metric = row->figures.*figure;
    if (!metric.value) return {std::nullopt, "undefined for " + row->category + ": " + metric.reason};
    sum += *metric.value;
  }
  return {sum / static_cast<double>(rows.size()), ""};
}

std::optional<double> MeanOf(const Rows& rows, std::optional<double> BenchmarkCosts::*cost) {
  double sum = 0;
  for (const BenchmarkRow* row : rows) {
    if (!(row->costs.*cost)) return std::nullopt;
    sum += *(row->costs.*cost);
  }
  return sum / static_cast<double>(rows.size());
}

enum class Beside { kNothing, kPublished };

// The published mean for these categories, or for all of them as the paper gives it.
double PublishedMean(const ScoringOptions& options, const Rows& rows, double PublishedFigures::*figure) {
  const PublishedFigures* mean = FindPublishedMean(options);
  if (mean != nullptr) return mean->*figure / 100;
  double percent = 0;
  for (const BenchmarkRow* row : rows) percent += FindPublished(options.method, row->category)->*figure;
  return percent / 100 / static_cast<double>(rows.size());
}

// What decides about the published figures of a row: an ablation is beside what its method has.
const ScoringOptions& OptionsOf(const BenchmarkReport& report, const BenchmarkRow& row) {
  return report.kind == BenchmarkKind::kMethods ? row.options : report.options;
}

ComparedRow MeanRow(const BenchmarkReport& report, const Rows& rows, const std::string& name, Beside beside) {
  ComparedRow mean{name, rows.front()->setting, nullptr, {}, {}};
  for (const BenchmarkColumn& column : BenchmarkColumns(report)) {
    ComparedFigure figure{MeanOf(rows, column.ours), std::nullopt};
    if (beside == Beside::kPublished && column.published != nullptr) {
      figure.published = PublishedMean(OptionsOf(report, *rows.front()), rows, column.published);
    }
    mean.figures.push_back(figure);
  }
  for (const CostColumn& column : CostColumns()) mean.costs.*column.cost = MeanOf(rows, column.cost);
  return mean;
}

// Those whose mean can be compared: that have published figures of their own, or make up the published mean.
Rows Comparable(const ScoringOptions& options, const Rows& all) {
  const bool by_mean = FindPublishedMean(options) != nullptr;
  Rows rows;
  std::copy_if(all.begin(), all.end(), std::back_inserter(rows), [&](const BenchmarkRow* row) {
    return by_mean ? IsOfMvtecAd(row->category) : FindPublished(options.method, row->category) != nullptr;
  });
  return by_mean && rows.size() != kNumMvtecAdCategories ? Rows{} : rows;
}

void AddMeansOf(const BenchmarkReport& report, const Rows& all, std::vector<ComparedRow>* means) {
  const Rows published = Comparable(OptionsOf(report, *all.front()), all);
  const auto name = [](const Rows& rows) { return "mean of " + std::to_string(rows.size()); };
  if (all.size() > 1 && published.size() < all.size()) {
    means->push_back(MeanRow(report, all, name(all), Beside::kNothing));
  }
  if (published.size() > 1) {
    means->push_back(MeanRow(report, published, name(published) + " published", Beside::kPublished));
  }
}

void AddDifference(bool differs, const std::string& what, std::string* text) {
  if (differs) *text += (text->empty() ? "" : "; ") + what;
}

// Where rows of these options were made in another way than the published figures; empty if nowhere.
std::string Differences(const BenchmarkReport& report, const ScoringOptions& options) {
  std::string text;
  const Preprocessing& preprocessing = report.preprocessing;
  const Size resize{kPublishedResizePx, kPublishedResizePx}, crop{kPublishedCropPx, kPublishedCropPx};
  AddDifference(report.extractor_name != kPublishedExtractor, "extractor " + report.extractor_name, &text);
  AddDifference(preprocessing.resize != resize, "resize " + SizeText(preprocessing.resize), &text);
  AddDifference(!preprocessing.crop, "no crop", &text);
  if (preprocessing.crop) {
    AddDifference(*preprocessing.crop != crop, "crop " + SizeText(*preprocessing.crop), &text);
  }
  const bool is_spade = options.method == Method::kSpade, is_padim = options.method == Method::kPadim;
  AddDifference(is_spade && options.num_retrieved != kPublishedNumRetrieved,
                "K = " + std::to_string(options.num_retrieved), &text);
  AddDifference(is_padim && options.dims != kPublishedDims, std::to_string(options.dims) + " channels",
                &text);
  AddDifference(!report.roi_sha256.empty(), "parts of the images left out (--roi)", &text);
  ScoringOptions paper;  // the defaults are the paper's
  paper.method = options.method;
  paper.num_retrieved = options.num_retrieved;
  paper.coreset = options.coreset;
  paper.search = options.search;
  paper.dims = options.dims;
  paper.levels = options.levels;
  paper.image_score = options.image_score;  // both image scores have columns of their own
  paper.seed = options.seed;
  AddDifference(!(options == paper), "other scoring options than the paper's", &text);
  AddDifference(!is_spade || report.resolution != std::to_string(kPublishedResolutionPx),
                "figures at " + report.resolution + (report.resolution == "original" ? " size" : " pixels"),
                &text);
  return text;
}

void AddPublishedNotes(const BenchmarkReport& report, const ScoringOptions& options,
                       std::vector<std::string>* notes) {
  notes->push_back(AboutPublished(options));
  const std::string differences = Differences(report, options);
  if (differences.empty()) return;
  notes->push_back("This run differs: " + differences + ". The differences are not of the method alone.");
}

// What the columns are, and on each method's published figures, where there is one to compare with.
void AddMethodNotes(const BenchmarkReport& report, std::vector<std::string>* notes) {
  notes->push_back(
      "Image ROCAUC by the map's maximum, and by the method's own score: SPADE's distance to the retrieved "
      "images, PatchCore's re-weighted patch distance, PaDiM's map maximum.");
  notes->push_back(
      "Costs are of this machine and what else ran on it; fit without estimating thresholds, score without "
      "heat maps, both with loading the extractor; CPU: processor seconds of all threads; MB = 10^6 bytes, "
      "at most resident, mapped files included.");
  std::vector<std::string> settings;
  for (const BenchmarkRow& row : report.rows) {
    if (std::find(settings.begin(), settings.end(), row.setting) != settings.end()) continue;
    settings.push_back(row.setting);
    const bool is_compared = std::any_of(report.rows.begin(), report.rows.end(), [&](const auto& other) {
      return other.setting == row.setting && IsOfMvtecAd(other.category);
    });
    if (is_compared) AddPublishedNotes(report, row.options, notes);
  }
}

// The names of categories nothing was published for, each once.
std::vector<std::string> UnpublishedCategories(const BenchmarkReport& report) {
  std::vector<std::string> names;
  for (const BenchmarkRow& row : report.rows) {
    const bool is_new = names.empty() || names.back() != row.category;
    if (is_new && !IsOfMvtecAd(row.category)) names.push_back(row.category);
  }
  return names;
}

}  // namespace

std::vector<BenchmarkColumn> BenchmarkColumns(const BenchmarkReport& report) {
  const bool is_of_methods = report.kind == BenchmarkKind::kMethods;
  const Method method = report.options.method;
  const BenchmarkColumn map_max = AllBenchmarkColumns()[0];
  std::vector<BenchmarkColumn> columns;
  if (is_of_methods || method != Method::kPadim) columns.push_back(map_max);
  BenchmarkColumn own = AllBenchmarkColumns()[1];
  if (!is_of_methods && method == Method::kSpade)
    own.name = "image_rocauc_retrieval", own.title = "image retrieval";
  if (!is_of_methods && method == Method::kPatchCore)
    own.name = "image_rocauc_patch_max", own.title = "image patch max";
  if (!is_of_methods && method == Method::kPadim) own.name = map_max.name, own.title = map_max.title;
  columns.push_back(own);
  for (std::size_t i = 2; i < AllBenchmarkColumns().size(); ++i) columns.push_back(AllBenchmarkColumns()[i]);
  return columns;
}

std::vector<BenchmarkColumn> AllBenchmarkColumns() {
  return {{"image_rocauc_map_max", "image map max", &BenchmarkFigures::image_map_max, nullptr},
          {"image_rocauc_own", "image own", &BenchmarkFigures::image_own, &PublishedFigures::image_rocauc},
          {"pixel_rocauc", "pixel ROCAUC", &BenchmarkFigures::pixel, &PublishedFigures::pixel_rocauc},
          {"au_pro", "PRO 0.3", &BenchmarkFigures::au_pro, &PublishedFigures::au_pro},
          {"false_alarms", "false alarms", &BenchmarkFigures::false_alarms, nullptr, true},
          {"found", "found", &BenchmarkFigures::found, nullptr, true}};
}

const std::vector<CostColumn>& CostColumns() {
  static const std::vector<CostColumn> columns{
      {"fit_s", "fit s", &BenchmarkCosts::fit_s, 1, 1},
      {"fit_cpu_s", "fit CPU s", &BenchmarkCosts::fit_cpu_s, 1, 1},
      {"image_s", "s/image", &BenchmarkCosts::image_s, 1, 3},
      {"image_cpu_s", "CPU s/image", &BenchmarkCosts::image_cpu_s, 1, 3},
      {"fit_peak_bytes", "fit MB", &BenchmarkCosts::fit_peak_bytes, 1e6, 0},
      {"score_peak_bytes", "score MB", &BenchmarkCosts::score_peak_bytes, 1e6, 0},
      {"gallery_bytes", "disk MB", &BenchmarkCosts::gallery_bytes, 1e6, 1}};
  return columns;
}

std::vector<ComparedRow> CategoryRows(const BenchmarkReport& report) {
  std::vector<ComparedRow> rows;
  for (const BenchmarkRow& row : report.rows) {
    const PublishedFigures* published = FindPublished(OptionsOf(report, row).method, row.category);
    ComparedRow compared{row.category, row.setting, &row, {}, row.costs};
    for (const BenchmarkColumn& column : BenchmarkColumns(report)) {
      ComparedFigure figure{row.figures.*column.ours, std::nullopt};
      if (!row.error.empty()) figure.ours = {std::nullopt, row.error};
      if (published != nullptr && column.published != nullptr) {
        figure.published = std::round(published->*column.published * 10) / 1000;  // 98.4 becomes 0.984
      }
      compared.figures.push_back(figure);
    }
    rows.push_back(compared);
  }
  return rows;
}

std::vector<ComparedRow> MeanRows(const BenchmarkReport& report) {
  std::vector<std::pair<std::string, Rows>> settings;  // in the order of the rows
  for (const BenchmarkRow& row : report.rows) {
    if (!row.error.empty()) continue;
    auto found = std::find_if(settings.begin(), settings.end(),
                              [&](const auto& setting) { return setting.first == row.setting; });
    if (found == settings.end()) found = settings.insert(found, {row.setting, {}});
    found->second.push_back(&row);
  }
  std::vector<ComparedRow> means;
  for (const auto& setting : settings) AddMeansOf(report, setting.second, &means);
  return means;
}

std::vector<std::string> BenchmarkNotes(const BenchmarkReport& report) {
  std::vector<std::string> notes;
  if (report.kind == BenchmarkKind::kMethods) {
    AddMethodNotes(report, &notes);
    notes.insert(notes.end(), report.remarks.begin(), report.remarks.end());
  } else {
    AddPublishedNotes(report, report.options, &notes);
  }
  const bool is_judged = std::any_of(report.rows.begin(), report.rows.end(), [](const BenchmarkRow& row) {
    return row.figures.false_alarms.value.has_value();
  });
  if (is_judged) {
    notes.push_back(
        "False alarms, found: the shares of good and of defective test images above the threshold "
        "that fit estimated from the good training images alone, for " +
        Percent(report.false_alarm_rate) + " false alarms; their intervals are Wilson's.");
  }
  if (report.has_random_weights) {
    notes.push_back("The extractor's weights are random: its figures mean nothing.");
  }
  const std::vector<std::string> unpublished = UnpublishedCategories(report);
  if (!unpublished.empty()) {
    std::string names;
    for (const std::string& name : unpublished) names += (names.empty() ? "" : ", ") + Printable(name);
    notes.push_back("Nothing is published for " + names + ".");
  }
  for (const BenchmarkRow& row : report.rows) {
    const std::string name = Printable(row.category) + (row.setting.empty() ? "" : ", " + row.setting);
    if (!row.error.empty()) {
      notes.push_back(name + " has no figures: " + Printable(row.error));
    } else if (row.num_failed > 0) {
      notes.push_back(name + ": " + CountText(row.num_failed, "image", "images") + " could not be used.");
    }
  }
  if (!report.complete) notes.push_back("The run was not finished: run the same command again to go on.");
  return notes;
}

}  // namespace touchstone
