#include "touchstone/methods/thresholds.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

// How many of n + 1 exchangeable scores may lie above the threshold: floor((n + 1) a) = n + 1 - k. The small
// addend is for rates such as 0.005, which binary fractions miss by a hair.
std::size_t NumAllowedAbove(std::size_t num_images, double rate) {
  const double allowed = std::floor(static_cast<double>(num_images + 1) * rate + 1e-9);
  return std::min(static_cast<std::size_t>(allowed), num_images);
}

std::string Formatted(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::optional<double> ConformalThreshold(const std::vector<double>& scores, double rate) {
  const std::size_t above = NumAllowedAbove(scores.size(), rate);
  if (above == 0) return std::nullopt;
  return scores[scores.size() - above];
}

double ConformalPValue(const std::vector<double>& scores, double score) {
  const auto not_below = scores.end() - std::lower_bound(scores.begin(), scores.end(), score);
  return static_cast<double>(1 + not_below) / static_cast<double>(scores.size() + 1);
}

const std::vector<double>& ImageScores(const Calibration& calibration, ImageScore image_score) {
  switch (image_score) {
    case ImageScore::kRetrieval:
      return calibration.retrieval_scores;
    case ImageScore::kPatchMax:
      return calibration.patch_maxima;
    case ImageScore::kMapMax:
      break;
  }
  return calibration.map_maxima;
}

Thresholds ThresholdsOf(const Calibration& calibration, ImageScore image_score) {
  return {calibration.evidence,
          calibration.rate,
          calibration.map_maxima.size(),
          ConformalThreshold(ImageScores(calibration, image_score), calibration.rate),
          ConformalThreshold(calibration.map_maxima, calibration.rate),
          calibration.source};
}

std::string WhyNoThreshold(std::size_t num_images, double rate) {
  if (NumAllowedAbove(num_images, rate) > 0) return "";
  const std::string needed =
      "take " + Formatted("%.0f", std::ceil(1 / rate - 1e-9) - 1) + " good images or more";
  if (num_images == 0) return "there is no other good image to compare with: " + needed;
  const double smallest = 1 / static_cast<double>(num_images + 1);
  return CountText(num_images, "image", "images") + " cannot promise less than " +
         Formatted("%.2g", 100 * smallest) + " % false alarms, and " + Percent(rate) +
         " is wanted: " + needed + ", or accept --false-alarm-rate " +
         ShortText(std::ceil(smallest * 1e4) / 1e4);
}

void ValidateFalseAlarmRate(double rate) {
  if (rate > 0 && rate < 1) return;
  throw Error(ErrorCode::kOption, "--false-alarm-rate " + ShortText(rate) +
                                      ": must be above 0 and below 1; 0.01 is one good image in a hundred");
}

const std::map<std::string, Evidence>& EvidenceNames() {
  static const std::map<std::string, Evidence> names{{"estimate", Evidence::kEstimate},
                                                     {"guarantee", Evidence::kGuarantee}};
  return names;
}

std::string Percent(double share) { return Formatted("%.4g", 100 * share) + " %"; }

}  // namespace touchstone
