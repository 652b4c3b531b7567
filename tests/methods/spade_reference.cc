#include "methods/spade_reference.h"

#include <algorithm>
#include <cmath>

namespace touchstone {
namespace {

using Row = std::vector<double>;

double Distanced(double squared, Distance distance) {
  return distance == Distance::kL2 ? std::sqrt(squared) : squared;
}

template <typename A, typename B>
double Squared(const A& a, const B& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  }
  return sum;
}

// The value of a level between its locations, clamped at its edges.
double Between(const FeatureMap& level, double y, double x, int channel) {
  const int height = level.shape.height, width = level.shape.width;
  y = std::clamp(y, 0.0, height - 1.0);
  x = std::clamp(x, 0.0, width - 1.0);
  double sum = 0;
  for (int j = 0; j < height; ++j) {
    for (int i = 0; i < width; ++i) {
      const double weight = std::max(0.0, 1 - std::abs(y - j)) * std::max(0.0, 1 - std::abs(x - i));
      if (weight > 0) sum += weight * level.row(static_cast<std::size_t>(j) * width + i)[channel];
    }
  }
  return sum;
}

// All rows of some levels, brought to the grid of the first and joined.
std::vector<Row> RowsOf(const ImageFeatures& features, const std::vector<int>& levels) {
  const FeatureShape grid = features.pyramid[levels[0] - 1].shape;
  std::vector<Row> rows;
  for (int y = 0; y < grid.height; ++y) {
    for (int x = 0; x < grid.width; ++x) {
      Row row;
      for (const int level : levels) {
        const FeatureMap& map = features.pyramid[level - 1];
        const double from_y = (y + 0.5) * map.shape.height / grid.height - 0.5;
        const double from_x = (x + 0.5) * map.shape.width / grid.width - 0.5;
        for (int c = 0; c < map.shape.channels; ++c) row.push_back(Between(map, from_y, from_x, c));
      }
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace

std::vector<std::vector<double>> CompareWithImages(const std::vector<ImageFeatures>& gallery,
                                                   const std::vector<std::size_t>& images,
                                                   const ImageFeatures& query,
                                                   const ScoringOptions& options) {
  std::vector<std::vector<int>> spaces{options.levels};
  if (options.fusion == Fusion::kPerLevel) {
    spaces.clear();
    for (const int level : options.levels) spaces.push_back({level});
  }
  std::vector<std::vector<double>> grids;
  for (const std::vector<int>& levels : spaces) {
    std::vector<Row> rows;
    for (const std::size_t image : images) {
      for (Row& row : RowsOf(gallery[image], levels)) rows.push_back(std::move(row));
    }
    grids.emplace_back();
    for (const Row& patch : RowsOf(query, levels)) {
      std::vector<double> distances;
      for (const Row& row : rows) distances.push_back(Distanced(Squared(patch, row), options.distance));
      std::sort(distances.begin(), distances.end());
      double sum = 0;
      for (int i = 0; i < options.num_neighbors; ++i) sum += distances[i];
      grids.back().push_back(sum / options.num_neighbors);
    }
  }
  return grids;
}

ReferenceScores ScoreReference(const std::vector<ImageFeatures>& gallery, const ImageFeatures& query,
                               const ScoringOptions& options, const std::vector<std::size_t>& left_out) {
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t i = 0; i < gallery.size(); ++i) {
    if (std::count(left_out.begin(), left_out.end(), i) > 0) continue;
    ranked.push_back({Squared(query.global, gallery[i].global), i});
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.resize(std::min<std::size_t>(ranked.size(), static_cast<std::size_t>(options.num_retrieved)));
  ReferenceScores scores;
  for (const auto& [squared, image] : ranked) {
    scores.retrieved.push_back(image);
    scores.retrieval_score += Distanced(squared, options.distance) / static_cast<double>(ranked.size());
  }
  scores.grids = CompareWithImages(gallery, scores.retrieved, query, options);
  return scores;
}

}  // namespace touchstone
