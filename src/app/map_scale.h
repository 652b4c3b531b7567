#pragma once

#include "app/leave_one_out.h"
#include "touchstone/app/progress.h"
#include "touchstone/methods/anomaly_map.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// The colour scale of a gallery's heat maps for these scoring options, from the anomaly maps of up to 8 of
/// its own images (ScoreOwnImages): `low` is the mean of the 99th percentiles of their pixels, `high` twice
/// their maximum. A gallery of one image has no others: then low is 0 and high the mean squared (or plain)
/// distance of its patches from their mean. Until there are thresholds; deterministic.
MapScale MeasureMapScale(const Gallery& gallery, const ScoringOptions& options, ProgressSink& progress);

/// The same from scores that are at hand: of the first images that DrawOwnImages draws, or none for a gallery
/// of one image.
MapScale ScaleOf(std::vector<OwnScore> scores, const Gallery& gallery, const ScoringOptions& options);

/// The colour scale for a pixel threshold > 0: from three quarters of it, so that what is normal stays as it
/// was photographed, to twice the threshold. The same colour then is the same multiple of the threshold for
/// every gallery.
MapScale ScaleOfThreshold(double threshold);

/// How many images a scale is measured with.
std::size_t NumForScale(std::size_t num_images);

/// The colours of maps made with these options. Where the gallery's options and region make the same maps: on
/// the scale of its pixel threshold, with the contour, or on its own scale if it has no threshold; on a scale
/// measured anew otherwise.
HeatmapOptions HeatmapOptionsFor(const Gallery& gallery, const ScoringOptions& options,
                                 ProgressSink& progress);

/// Sizes for MakeAnomalyMap.
MapGeometry GeometryOf(const Preprocessing& preprocessing, double sigma);

/// The map of a photograph of size `original`, with what the gallery does not look at left out.
ScoreMap MapOfGallery(const Gallery& gallery, double sigma, const std::vector<ScoreMap>& grids,
                      Size original);

}  // namespace touchstone
