#include "touchstone/metrics/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>

#include "curves.h"
#include "resampling.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

void SortChecked(std::vector<double>& scores, const std::string& kind) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) {
      throw Error(ErrorCode::kNotFinite, "score " + std::to_string(i) + " of the " + kind +
                                             " images is NaN: must be a number; leave failed images out");
    }
  }
  std::sort(scores.begin(), scores.end(), std::greater<>());
}

// Moves on while the scores are those that `is_passed` accepts; says how many they were.
template <typename IsPassed>
std::uint64_t Pass(const std::vector<double>& falling, std::size_t* next, IsPassed is_passed) {
  const std::size_t first = *next;
  while (*next < falling.size() && is_passed(falling[*next])) ++*next;
  return *next - first;
}

// The walk over falling scores, at least one of each kind.
RankingWalk WalkOver(const std::vector<double>& normal, const std::vector<double>& anomalous) {
  RankingWalk walk({anomalous.size(), normal.size(), 0});
  std::size_t next_normal = 0, next_anomalous = 0;
  while (next_anomalous < anomalous.size()) {
    const double t = anomalous[next_anomalous];
    ThresholdStep step;
    step.score = t;
    step.negatives_above = Pass(normal, &next_normal, [t](double score) { return score > t; });
    step.negatives = Pass(normal, &next_normal, [t](double score) { return score == t; });
    step.positives = Pass(anomalous, &next_anomalous, [t](double score) { return score == t; });
    walk.Take(step);
  }
  return walk;
}

// Scores drawn anew, still falling.
std::vector<double> Resample(const std::vector<double>& falling, Random& random) {
  const std::vector<std::uint32_t> times = DrawAnew(falling.size(), random);
  std::vector<double> drawn;
  drawn.reserve(falling.size());
  for (std::size_t i = 0; i < falling.size(); ++i) drawn.insert(drawn.end(), times[i], falling[i]);
  return drawn;
}

}  // namespace

RankingFigures UndefinedRanking(const std::string& reason) {
  const Metric undefined{std::nullopt, reason};
  return {undefined, undefined, undefined, undefined, {}};
}

RankingFigures RankImages(std::vector<double> normal, std::vector<double> anomalous,
                          const BootstrapOptions& bootstrap) {
  SortChecked(normal, "normal");
  SortChecked(anomalous, "anomalous");
  if (normal.empty()) return UndefinedRanking("no normal image");
  if (anomalous.empty()) return UndefinedRanking("no anomalous image");
  const RankingWalk walk = WalkOver(normal, anomalous);
  RankingFigures figures = walk.Finish();
  figures.roc = walk.Roc();
  SetIntervals(PercentileIntervals(bootstrap,
                                   [&](Random& random) {
                                     const std::vector<double> drawn = Resample(normal, random);
                                     return Values(WalkOver(drawn, Resample(anomalous, random)).Finish());
                                   }),
               &figures);
  return figures;
}

}  // namespace touchstone
