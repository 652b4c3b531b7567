#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/methods/scoring_options.h"

namespace touchstone {

// Thresholds from the scores of n good images alone, by split conformal prediction:
//
//     threshold(a) = s_(k),  k = ceil((n + 1)(1 - a)),   the k-th smallest of the n scores
//     p(s)         = (1 + #{i : s_i >= s}) / (n + 1)
//
// V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005; H. Papadopoulos et al.,
// "Inductive Confidence Machines for Regression", ECML 2002; for the detection of outliers: S. Bates et al.,
// "Testing for Outliers with Conformal p-values", arXiv:2104.08279, section 2.
//
// If a new good image and the n are exchangeable (as are random draws from one production), it scores above
// the threshold with a probability of at most a, whatever the scores' distribution. The probability is over
// the draw of the n, too: the rate of one given threshold scatters around a, by about sqrt(a / n). With k > n
// there is no threshold: n images cannot promise less than 1 / (n + 1).

/// How far a threshold can be trusted.
enum class Evidence {
  kEstimate,  ///< from the gallery's own images, each left out in turn: not exchangeable with new ones
  kGuarantee  ///< from good images that the gallery has not seen
};

/// Scores of good images, and what false-alarm rate is wanted: all that thresholds are made of.
struct Calibration {
  Evidence evidence = Evidence::kEstimate;
  double rate = 0.01;                     ///< wanted share of false alarms among good images, in (0, 1)
  std::vector<double> retrieval_scores;   ///< one an image, ascending; none for methods without that score
  std::vector<double> map_maxima;         ///< likewise, always one an image; of maps of the photographs' size
  std::string source;                     ///< where the images are from, in words
  std::vector<double> patch_maxima = {};  ///< likewise, none for methods without that score
};

/// What a calibration says for one way to score images.
struct Thresholds {
  Evidence evidence = Evidence::kEstimate;
  double rate = 0.01;
  std::size_t num_images = 0;
  /// An image with a higher score is anomalous. Empty where num_images cannot promise the rate.
  std::optional<double> score;
  /// A pixel with a higher map value is anomalous: at most a share `rate` of good images has such a pixel
  /// anywhere. (Not a share of the pixels: regions and contours are to be rare on good images.)
  std::optional<double> pixel;
  std::string source;
};

/// @param scores  ascending. @param rate  in (0, 1).
/// @return the threshold above, or nothing where k > n.
std::optional<double> ConformalThreshold(const std::vector<double>& scores, double rate);

/// The p-value above, in [1 / (n + 1), 1]. @param scores  ascending; may be empty.
double ConformalPValue(const std::vector<double>& scores, double score);

/// The scores that decide about images.
const std::vector<double>& ImageScores(const Calibration& calibration, ImageScore image_score);

Thresholds ThresholdsOf(const Calibration& calibration, ImageScore image_score);

/// Why `num_images` good images give no threshold for `rate`, and both ways out; empty if they do give one.
std::string WhyNoThreshold(std::size_t num_images, double rate);

/// @throws Error kOption naming --false-alarm-rate, unless 0 < rate < 1.
void ValidateFalseAlarmRate(double rate);

const std::map<std::string, Evidence>& EvidenceNames();

/// 0.01 -> "1 %".
std::string Percent(double share);

}  // namespace touchstone
