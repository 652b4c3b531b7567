#include "touchstone/report/report_page.h"

#include <algorithm>
#include <cmath>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "page_charts.h"
#include "page_figures.h"
#include "page_rows.h"
#include "page_text.h"
#include "report/canvas.h"
#include "report/page_files.h"
#include "touchstone/core/text.h"
#include "touchstone/metrics/binomial.h"
#include "touchstone/store/options_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;
using Data = kainjow::mustache::data;
using Images = std::vector<const ImageResult*>;

constexpr std::size_t kMostFailed = 200;
constexpr std::size_t kMostLabels = 200;

Data List() { return Data{Data::type::list}; }

// The scored images, worst first.
Images Ranked(const Results& results) {
  Images images;
  for (const ImageResult& image : results.images) {
    if (!image.failed() && image.score) images.push_back(&image);
  }
  std::sort(images.begin(), images.end(), [](const ImageResult* a, const ImageResult* b) {
    return *a->score != *b->score ? *a->score > *b->score : a->path < b->path;
  });
  return images;
}

Images Failed(const Results& results) {
  Images images;
  for (const ImageResult& image : results.images) {
    if (image.failed()) images.push_back(&image);
  }
  return images;
}

std::string Title(const Results& results) {
  constexpr std::size_t kMostInputs = 3;
  if (results.inputs == std::vector<std::string>{"-"}) return "standard input";
  std::string title;
  for (std::size_t i = 0; i < std::min(kMostInputs, results.inputs.size()); ++i)
    title += (i == 0 ? "" : ", ") + DisplayText(results.inputs[i]);
  return title + (results.inputs.size() > kMostInputs ? ", ..." : "");
}

std::size_t CountVerdict(const Images& images, const std::string& verdict) {
  return std::count_if(images.begin(), images.end(),
                       [&](const auto* image) { return image->verdict == verdict; });
}

// How many images got which verdict, with their share of all.
Data Counts(const Images& images, std::size_t num_failed) {
  const std::size_t all = images.size() + num_failed;
  Data counts = List();
  const auto add = [&](const char* kind, std::size_t count) {
    Data card;
    card.set("kind", kind);
    card.set("count", std::to_string(count));
    const double percent =
        100 * static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(1, all));
    card.set("share", ShortNumber(std::round(10 * percent) / 10) + " %");
    counts.push_back(card);
  };
  const std::size_t num_undecided = CountVerdict(images, "undecided");
  if (num_undecided < images.size()) {
    add("anomalous", CountVerdict(images, "anomalous"));
    add("normal", CountVerdict(images, "normal"));
  }
  if (num_undecided > 0) add("undecided", num_undecided);
  add("failed", num_failed);
  return counts;
}

Data Notices(const Results& results) {
  Data notices = List();
  if (!results.complete) {
    notices.push_back("The run did not finish: this page shows what was scored until it ended.");
  }
  const std::string random = "-random";
  const std::string& name = results.extractor_name;
  if (name.size() >= random.size() && name.compare(name.size() - random.size(), random.size(), random) == 0) {
    notices.push_back("The extractor has random weights: scores and verdicts mean nothing.");
  }
  return notices;
}

void AddFact(const std::string& name, const std::string& value, Data* facts) {
  Data fact;
  fact.set("name", name);
  fact.set("value", DisplayText(value));
  facts->push_back(fact);
}

std::string FactText(const Json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return ShortNumber(value.get<double>());
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& element : value) text += (text.empty() ? "" : ", ") + FactText(element);
  return text;
}

// Every member of an object of results.json, by its name there.
void AddFacts(const Json& json, Data* facts) {
  for (const auto& [key, value] : json.items()) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    AddFact(name, FactText(value), facts);
  }
}

// What the verdicts are worth, and how to get better ones.
std::string ThresholdText(const Results& results) {
  const char kWayOut[] = ", run touchstone gallery calibrate with good images that the gallery has not seen.";
  if (!results.thresholds) {
    const std::string none =
        "There is no threshold, so no image is called normal or anomalous: go by the scores. ";
    const std::string& reason = results.thresholds_reason;
    return none + (reason.empty() ? std::string("To get one") + kWayOut : "The reason: " + reason + ".");
  }
  const Thresholds& thresholds = *results.thresholds;
  if (!thresholds.score) {
    return "There is no threshold, so no image is called normal or anomalous: go by the scores. " +
           WhyNoThreshold(thresholds.num_images, thresholds.rate) + ".";
  }
  const std::string above = "Anomalous = score above " + ShortNumber(*thresholds.score) + ". ";
  if (thresholds.evidence == Evidence::kGuarantee) {
    return above + "Guarantee: a good image is above it with a probability of at most " +
           Percent(thresholds.rate) +
           ", if it comes from the same production as what the threshold was made with: " +
           thresholds.source + ".";
  }
  return above + "Estimate, no guarantee: it aims at " + Percent(thresholds.rate) +
         " false alarms among good images, judging by " + thresholds.source + ". For a guarantee" + kWayOut;
}

std::string ShareText(std::size_t num_hits, std::size_t num_trials, const std::string& of_what) {
  const Metric share = BinomialShare(num_hits, num_trials);
  return std::to_string(num_hits) + " of " + std::to_string(num_trials) + " " + of_what + " (" +
         ShortNumber(std::round(1000 * *share.value) / 10) + " %, 95 % interval " + PercentInterval(share) +
         ")";
}

// What the threshold did to images of which the truth is known; empty where nothing was evaluated or judged.
std::string JudgedText(const Images& images, const MetricsReport* metrics) {
  if (metrics == nullptr || !HasGroundTruth(*metrics)) return "";
  std::size_t num_good = 0, num_false_alarms = 0, num_bad = 0, num_found = 0;
  for (const ImageResult* image : images) {
    if (image->verdict == "undecided") return "";
    const bool is_good = image->label == "good", is_anomalous = image->verdict == "anomalous";
    ++(is_good ? num_good : num_bad);
    num_false_alarms += is_good && is_anomalous;
    num_found += !is_good && is_anomalous;
  }
  if (num_good == 0 || num_bad == 0) return "";
  return "Measured here: " + ShareText(num_false_alarms, num_good, "good images called anomalous") + ", " +
         ShareText(num_found, num_bad, "defective ones found") + ".";
}

// How to read the heat maps.
Data Legend(const Results& results) {
  if (!results.heatmap_scale) return Data(false);
  constexpr int kNumStops = 8;
  std::string stops;
  for (int i = 0; i <= kNumStops; ++i) {
    const auto [red, green, blue] = HeatColour(static_cast<float>(i) / kNumStops);
    stops += (i == 0 ? "rgb(" : ",rgb(") + std::to_string(red) + ' ' + std::to_string(green) + ' ' +
             std::to_string(blue) + ')';
  }
  Data legend;
  legend.set("stops", stops);
  legend.set("low", ShortNumber(results.heatmap_scale->low));
  legend.set("high", ShortNumber(results.heatmap_scale->high));
  const bool has_contour = results.thresholds && results.thresholds->pixel;
  legend.set("contour", has_contour ? Data(ShortNumber(*results.thresholds->pixel)) : Data(false));
  return legend;
}

Data WhatRan(const Results& results) {
  Data facts = List();
  AddFact("Touchstone", results.touchstone_version, &facts);
  AddFact("method", NameOf(MethodNames(), results.options.method), &facts);
  AddFact("extractor", results.extractor_name, &facts);
  AddFact("extractor SHA-256", results.extractor_sha256, &facts);
  AddFact("gallery", results.gallery, &facts);
  AddFact("gallery SHA-256", results.gallery_sha256, &facts);
  if (!results.roi_sha256.empty()) AddFact("--roi SHA-256", results.roi_sha256, &facts);
  AddFact("input", Title(results), &facts);
  AddFacts(ToJson(results.options), &facts);
  AddFacts(ToJson(results.preprocessing), &facts);
  return facts;
}

Data FailedRows(const Images& failed) {
  Data rows = List();
  for (std::size_t i = 0; i < std::min(kMostFailed, failed.size()); ++i) {
    Data row;
    row.set("path", DisplayText(failed[i]->path));
    row.set("why", DisplayText(failed[i]->error));
    rows.push_back(row);
  }
  return rows;
}

// What the filters offer: every verdict and folder that a row has.
void PutChoices(const Images& rows, Data* page) {
  std::set<std::string> verdicts, labels;
  for (const ImageResult* image : rows) {
    verdicts.insert(image->verdict);
    if (labels.size() < kMostLabels) labels.insert(DisplayText(image->label));
  }
  Data verdict_list = List(), label_list = List();
  for (const std::string& verdict : verdicts) verdict_list.push_back(verdict);
  for (const std::string& label : labels) label_list.push_back(label);
  page->set("verdicts", verdict_list);
  page->set("labels", label_list);
}

// Says which of the images have a row and which have pictures, where not all have.
Data Shortened(std::size_t num_scored) {
  if (num_scored <= kMaxReportPictures) return Data(false);
  std::string text = "Pictures are shown of the " + std::to_string(kMaxReportPictures) + " highest scores";
  if (num_scored > kMaxReportRows) {
    text += "; the table lists the " + std::to_string(kMaxReportRows) + " highest of " +
            std::to_string(num_scored) + ", scores.csv lists all";
  }
  return Data(text + ".");
}

void PutTable(Images ranked, bool has_outcome,
              const std::function<ReportPictures(const ImageResult&)>& pictures, Data* page) {
  page->set("shortened", Shortened(ranked.size()));
  ranked.resize(std::min(ranked.size(), kMaxReportRows));
  PutChoices(ranked, page);
  PageColumns columns;
  columns.has_p =
      std::any_of(ranked.begin(), ranked.end(), [](const auto* image) { return image->p_value.has_value(); });
  columns.has_regions =
      std::any_of(ranked.begin(), ranked.end(), [](const auto* image) { return image->regions.has_value(); });
  columns.has_outcome = has_outcome;
  page->set("has_outcome", has_outcome);
  page->set("rows", PageRows(ranked, pictures, &columns));
  page->set("has_rows", !ranked.empty());
  page->set("has_pictures", columns.has_pictures);
  page->set("has_p", columns.has_p);
  page->set("has_regions", columns.has_regions);
}

void PutFailuresAndWarnings(const Results& results, const Images& failed, Data* page) {
  page->set("has_failed", !failed.empty());
  page->set("failed", FailedRows(failed));
  page->set("failed_shortened", failed.size() > kMostFailed
                                    ? Data("The first " + std::to_string(kMostFailed) + " of " +
                                           std::to_string(failed.size()) + "; results.json lists all.")
                                    : Data(false));
  Data warnings = List();
  for (const std::string& warning : results.warnings) warnings.push_back(DisplayText(warning));
  page->set("has_warnings", !results.warnings.empty());
  page->set("warnings", warnings);
}

}  // namespace

std::string RenderReportPage(const Results& results, const MetricsReport* metrics,
                             const std::function<ReportPictures(const ImageResult&)>& pictures) {
  const Images ranked = Ranked(results), failed = Failed(results);
  Data page;
  page.set("version", results.touchstone_version);
  page.set("title", Title(results));
  page.set("gallery", DisplayText(results.gallery));
  page.set("num_images", CountText(results.images.size(), "image", "images"));
  page.set("notices", Notices(results));
  page.set("counts", Counts(ranked, failed.size()));
  page.set("threshold", ThresholdText(results));
  const std::string judged = JudgedText(ranked, metrics);
  page.set("judged", judged.empty() ? Data(false) : Data(judged));
  page.set("legend", Legend(results));
  PutCharts(results, ranked, metrics, &page);
  page.set("figures", metrics != nullptr ? FiguresTable(*metrics) : Data(false));
  PutTable(ranked, !judged.empty(), pictures, &page);
  PutFailuresAndWarnings(results, failed, &page);
  page.set("facts", WhatRan(results));
  page.set("style", std::string(kPageStyle));
  page.set("script", std::string(kPageScript));
  page.set("chart_library", std::string(kChartLibrary));
  kainjow::mustache::mustache page_template{std::string(kPageTemplate)};
  if (!page_template.is_valid()) throw std::logic_error("report.html: " + page_template.error_message());
  return page_template.render(page);
}

}  // namespace touchstone
