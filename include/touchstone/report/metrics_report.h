#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"
#include "touchstone/metrics/pixel_metrics.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {

/// The figures over one set of test images, as an object of metrics.json has them.
struct MetricsGroup {
  std::uint64_t num_normal = 0;
  std::uint64_t num_anomalous = 0;
  std::uint64_t num_regions = 0;
  RankingFigures image_score;  ///< by the score that the run chose
  RankingFigures image_retrieval;
  RankingFigures image_map_max;
  RankingFigures pixel;
  std::map<std::string, Metric> au_pro;  ///< by limit, as given: "0.3", "0.05"
  std::map<std::string, Metric>
      au_spro;  ///< likewise; empty unless ground truth says what is enough of a defect
  Curve pro;    ///< region coverage over pixel false-positive rate
};

/// One test image by itself.
struct ImageMetrics {
  std::string path;  ///< as in scores.csv; of maps alone, relative to the folder test
  std::string defect;
  bool is_anomalous = false;
  std::optional<double> score, retrieval_score, map_max;
  RankingFigures pixel;  ///< without a curve
  std::map<std::string, Metric> au_pro, au_spro;
  Metric false_positive_rate;  ///< of its pixels, at the F1-max threshold of all pixels of the category
  std::uint64_t num_regions = 0;
  std::vector<RegionCover> regions;
  std::vector<ChannelCover> channels;
};

/// One category.
struct ObjectMetrics {
  MetricsGroup overall;
  std::map<std::string, MetricsGroup> per_defect;  ///< that defect's images and all good ones
  std::vector<ImageMetrics> per_image;             ///< in the order in which they were scored or found
};

/// metrics.json, schema touchstone.metrics/1.
struct MetricsReport {
  std::string touchstone_version;
  std::string resolution;         ///< "original" or the side N
  std::string pro_limit = "0.3";  ///< the limit that was asked for: a key of au_pro
  bool label_by_mask = false;
  BootstrapOptions bootstrap;  ///< how the intervals were made
  std::map<std::string, ObjectMetrics> objects;
  std::vector<std::string> warnings;
  bool interrupted = false;  ///< then there are no figures, and nothing is to be written
};

/// The JSON document; undefined figures are null with "<name>_reason", intervals stand beside their figures
/// as
/// "<name>_ci": [low, high], of figures of several parts {"<part>": [low, high]}; "mean" is over the objects
/// where a figure is defined in all, and null with the reason otherwise. "per_image" lists the figures of
/// each image by itself; its shares are at "pixel_f1_threshold" of the object.
std::string MetricsJson(const MetricsReport& report);

/// The same in the form of metrics.json of MVTec's own evaluation scripts (v1.0): for each object au_pro (at
/// the limit asked for), classification_au_roc (image score = maximum of the map) and that curve, a point for
/// every distinct score (theirs: for every image); then the means. Undefined figures are null.
std::string MvtecMetricsJson(const MetricsReport& report);

/// The same in the form of metrics.json of MVTec LOCO AD's evaluation script, by object (theirs is of one):
/// AUC-sPRO at each limit and classification AUC-ROC (image score = maximum of the map), of each defect type
/// and their mean.
std::string LocoMetricsJson(const MetricsReport& report);

/// A table for people: one row per object and defect, percent; the intervals of the objects below their rows.
std::string MetricsTable(const MetricsReport& report);

}  // namespace touchstone
