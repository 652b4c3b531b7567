#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "touchstone/metrics/bootstrap.h"
#include "touchstone/metrics/metric.h"
#include "touchstone/metrics/ranking.h"

namespace touchstone {

/// The figures over one set of test images (interface.md, "metrics.json").
struct MetricsGroup {
  std::uint64_t num_normal = 0;
  std::uint64_t num_anomalous = 0;
  std::uint64_t num_regions = 0;
  RankingFigures image_score;  ///< by the score that the run chose
  RankingFigures image_retrieval;
  RankingFigures image_map_max;
  RankingFigures pixel;
  std::map<std::string, Metric> au_pro;  ///< by limit, as given: "0.3", "0.05"
  Curve pro;                             ///< region coverage over pixel false-positive rate
};

/// One category.
struct ObjectMetrics {
  MetricsGroup overall;
  std::map<std::string, MetricsGroup> per_defect;  ///< that defect's images and all good ones
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
/// "<name>_ci": [low, high],
/// of figures of several parts {"<part>": [low, high]}; "mean" is over the objects
/// where a figure is defined in all, and null with the reason otherwise.
std::string MetricsJson(const MetricsReport& report);

/// The same in the form of metrics.json of MVTec's own evaluation scripts (v1.0): for each object au_pro (at
/// the limit asked for), classification_au_roc (image score = maximum of the map) and that curve; then the
/// means. Undefined figures are null.
std::string MvtecMetricsJson(const MetricsReport& report);

/// A table for people: one row per object and defect, percent; the intervals of the objects below their rows.
std::string MetricsTable(const MetricsReport& report);

}  // namespace touchstone
