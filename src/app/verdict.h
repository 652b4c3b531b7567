#pragma once

#include <string>

#include "touchstone/report/results.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// By what the scores of a run are judged.
struct Judge {
  const Calibration* calibration = nullptr;  ///< of the gallery; null where it does not fit the run
  std::string reason;                        ///< why it is null
};

/// @param options  that the run scores with. The judge points into the gallery.
Judge JudgeFor(const Gallery& gallery, const ScoringOptions& options);

/// The retrieval score up to which an image may do without stage 2.
/// @param rate  share of good images that still get it; empty = the calibration's own rate.
/// @throws Error kOption naming --gate: a rate outside (0, 1), or nothing to take the score from.
double GateScore(const Judge& judge, std::optional<double> rate);

/// Fills in p_value and verdict of an image whose score is there.
void PassVerdict(const Judge& judge, ImageScore image_score, ImageResult* result);

}  // namespace touchstone
