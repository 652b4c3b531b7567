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

enum class Beside { kNothing, kPublished };

// The published mean for these categories, or for all of them as the paper gives it.
double PublishedMean(const ScoringOptions& options, const Rows& rows, double PublishedFigures::*figure) {
  const PublishedFigures* mean = FindPublishedMean(options);
  if (mean != nullptr) return mean->*figure / 100;
  double percent = 0;
  for (const BenchmarkRow* row : rows) percent += FindPublished(options.method, row->category)->*figure;
  return percent / 100 / static_cast<double>(rows.size());
}

ComparedRow MeanRow(const ScoringOptions& options, const Rows& rows, const std::string& name, Beside beside) {
  ComparedRow mean{name, rows.front()->setting, nullptr, {}};
  for (const BenchmarkColumn& column : BenchmarkColumns(options.method)) {
    ComparedFigure figure{MeanOf(rows, column.ours), std::nullopt};
    if (beside == Beside::kPublished && column.published != nullptr) {
      figure.published = PublishedMean(options, rows, column.published);
    }
    mean.figures.push_back(figure);
  }
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

void AddMeansOf(const ScoringOptions& options, const Rows& all, std::vector<ComparedRow>* means) {
  const Rows published = Comparable(options, all);
  const auto name = [](const Rows& rows) { return "mean of " + std::to_string(rows.size()); };
  if (all.size() > 1 && published.size() < all.size()) {
    means->push_back(MeanRow(options, all, name(all), Beside::kNothing));
  }
  if (published.size() > 1) {
    means->push_back(MeanRow(options, published, name(published) + " published", Beside::kPublished));
  }
}

void AddDifference(bool differs, const std::string& what, std::string* text) {
  if (differs) *text += (text->empty() ? "" : "; ") + what;
}

// Where this run was made in another way than the published figures; empty if nowhere.
std::string Differences(const BenchmarkReport& report) {
  std::string text;
  const Preprocessing& preprocessing = report.preprocessing;
  const Size resize{kPublishedResizePx, kPublishedResizePx}, crop{kPublishedCropPx, kPublishedCropPx};
  const ScoringOptions& options = report.options;
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

std::vector<BenchmarkColumn> BenchmarkColumns(Method method) {
  const auto published = [&](Method its) {
    return method == its ? &PublishedFigures::image_rocauc : nullptr;
  };
  std::vector<BenchmarkColumn> columns{
      {"image_rocauc_map_max", "image map max", &BenchmarkFigures::image_map_max, published(Method::kPadim)}};
  if (method == Method::kSpade) {
    columns.push_back({"image_rocauc_retrieval", "image retrieval", &BenchmarkFigures::image_retrieval,
                       published(Method::kSpade)});
  }
  if (method == Method::kPatchCore) {
    columns.push_back({"image_rocauc_patch_max", "image patch max", &BenchmarkFigures::image_patch_max,
                       published(Method::kPatchCore)});
  }
  columns.push_back(
      {"pixel_rocauc", "pixel ROCAUC", &BenchmarkFigures::pixel, &PublishedFigures::pixel_rocauc});
  columns.push_back({"au_pro", "PRO 0.3", &BenchmarkFigures::au_pro, &PublishedFigures::au_pro});
  columns.push_back({"false_alarms", "false alarms", &BenchmarkFigures::false_alarms, nullptr, true});
  columns.push_back({"found", "found", &BenchmarkFigures::found, nullptr, true});
  return columns;
}

std::vector<ComparedRow> CategoryRows(const BenchmarkReport& report) {
  std::vector<ComparedRow> rows;
  for (const BenchmarkRow& row : report.rows) {
    const PublishedFigures* published = FindPublished(report.options.method, row.category);
    ComparedRow compared{row.category, row.setting, &row, {}};
    for (const BenchmarkColumn& column : BenchmarkColumns(report.options.method)) {
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
  for (const auto& setting : settings) AddMeansOf(report.options, setting.second, &means);
  return means;
}

std::vector<std::string> BenchmarkNotes(const BenchmarkReport& report) {
  std::vector<std::string> notes{AboutPublished(report.options)};
  const std::string differences = Differences(report);
  if (!differences.empty()) {
    notes.push_back("This run differs: " + differences + ". The differences are not of the method alone.");
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
