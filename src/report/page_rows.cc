#include "page_rows.h"

#include <algorithm>
#include <string>

#include "page_text.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

using kainjow::mustache::data;

// A missing name would be looked up in what surrounds the row, so that every one is set: to false for "none".
data TextOrNone(const std::string& text) { return text.empty() ? data(false) : data(text); }

std::string Full(const std::optional<double>& value) { return value ? FormatNumber(*value) : ""; }

void PutPictures(const ReportPictures& pictures, data* row) {
  row->set("photo", TextOrNone(Base64(pictures.photo)));
  row->set("heatmap", TextOrNone(Base64(pictures.heatmap)));
  row->set("mask", TextOrNone(Base64(pictures.mask)));
}

// One line for the viewer, below the pictures.
std::string Facts(const ImageResult& image) {
  std::string facts = "score " + ShortNumber(*image.score);
  const auto add = [&](const std::string& text) { facts += " \xc2\xb7 " + text; };
  if (image.p_value) add("p-value " + ShortNumber(*image.p_value));
  if (image.map_max) add("map maximum " + ShortNumber(*image.map_max));
  if (image.retrieval_score) add("distance of the whole picture " + ShortNumber(*image.retrieval_score));
  if (image.regions) {
    add(CountText(static_cast<std::size_t>(image.regions->num_regions), "region", "regions"));
  }
  if (image.is_gated) add("below the gate: not searched for defects");
  add(SizeText(image.size) + " pixels");
  return facts;
}

// How far the bar behind a score reaches, in percent of the highest score.
std::string BarPercent(double score, double highest) {
  return std::to_string(highest > 0 ? static_cast<int>(100 * std::clamp(score / highest, 0.0, 1.0)) : 0);
}

// What the verdict is beside the truth, which the folder's name tells.
std::string Outcome(const ImageResult& image) {
  const bool is_good = image.label == "good";
  if (image.verdict == (is_good ? "normal" : "anomalous")) return "right";
  return is_good ? "false alarm" : "missed";
}

data PageRow(const ImageResult& image, double highest, bool has_outcome) {
  data row;
  const std::string outcome = has_outcome ? Outcome(image) : "";
  row.set("outcome", outcome);
  row.set("wrong", TextOrNone(outcome == "right" ? "" : outcome));
  row.set("path", DisplayText(image.path));
  row.set("label", DisplayText(image.label));
  row.set("link", TextOrNone(LinkTo(image.heatmap)));
  row.set("verdict", image.verdict);
  row.set("facts", Facts(image));
  row.set("ratio", ShortNumber(static_cast<double>(image.size.width) / std::max(1, image.size.height)));
  row.set("score", ShortNumber(*image.score));
  row.set("score_full", Full(image.score));
  row.set("part", BarPercent(*image.score, highest));
  row.set("p", image.p_value ? ShortNumber(*image.p_value) : "");
  row.set("p_full", Full(image.p_value));
  row.set("regions", image.regions ? std::to_string(image.regions->num_regions) : "");
  return row;
}

}  // namespace

data PageRows(const std::vector<const ImageResult*>& images,
              const std::function<ReportPictures(const ImageResult&)>& pictures, PageColumns* columns) {
  data rows{data::type::list};
  const double highest = images.empty() ? 0 : *images.front()->score;
  for (std::size_t i = 0; i < images.size(); ++i) {
    data row = PageRow(*images[i], highest, columns->has_outcome);
    const ReportPictures its = i < kMaxReportPictures ? pictures(*images[i]) : ReportPictures{};
    columns->has_pictures |= !its.photo.empty();
    PutPictures(its, &row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace touchstone
