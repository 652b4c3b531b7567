#include "touchstone/methods/patchcore.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "touchstone/core/error.h"
#include "touchstone/methods/patch_features.h"

namespace touchstone {
namespace {

constexpr std::size_t kMostForRecall = 1000;

}  // namespace

std::optional<double> RecallOfCodes(const PatchBank& bank) {
  const std::size_t total = bank.patches.rows, count = std::min(kMostForRecall, total);
  if (!bank.codes || bank.places.front().image == bank.places.back().image) return std::nullopt;
  const std::unique_ptr<BankSearch> exact = MakeExactBankSearch(bank.patches);
  const std::unique_ptr<BankSearch> by_codes = MakeCompressedBankSearch(bank.patches, *bank.codes);
  std::size_t num_alike = 0;
  for (std::size_t i = 0; i < count;) {
    const std::int32_t image = bank.places[i * total / count].image;
    std::vector<float> query;
    for (; i < count && bank.places[i * total / count].image == image; ++i) {
      const float* patch = bank.patches.row(i * total / count);
      query.insert(query.end(), patch, patch + bank.patches.cols);
    }
    RowMask absent(total);
    for (std::size_t row = 0; row < total; ++row) absent[row] = bank.places[row].image == image ? 1 : 0;
    const RowsView rows{query.data(), query.size() / bank.patches.cols, bank.patches.cols};
    const std::vector<Neighbor> expected = exact->Nearest(rows, 1, absent);
    const std::vector<Neighbor> found = by_codes->Nearest(rows, 1, absent);
    for (std::size_t q = 0; q < rows.rows; ++q) {
      num_alike += found[q].squared_distance == expected[q].squared_distance ? 1 : 0;
    }
  }
  return static_cast<double>(num_alike) / static_cast<double>(count);
}

PatchCoreScorer::PatchCoreScorer(PatchBank bank, std::vector<FeatureShape> level_shapes,
                                 const ScoringOptions& options)
    : bank_(std::move(bank)), level_shapes_(std::move(level_shapes)), options_(options) {
  const auto num_levels = static_cast<int>(level_shapes_.size());
  Validate(options_, num_levels);
  for (int l = 1; options.levels.empty() && l <= num_levels; ++l) options_.levels.push_back(l);
  const FeatureShape shape =
      PatchFeatureShape(SelectShapes(level_shapes_, options_.levels), options_.pooling);
  if (bank_.patches.cols != static_cast<std::size_t>(shape.channels)) {
    throw Error(ErrorCode::kShape, "the bank's patches have " + std::to_string(bank_.patches.cols) +
                                       " channels, those of the levels " + std::to_string(shape.channels));
  }
  if (options_.search == BankIndex::kIvfPq && !bank_.codes) {
    throw std::logic_error("PatchCoreScorer: ivfpq without codes");
  }
  search_ = options_.search == BankIndex::kIvfPq ? MakeCompressedBankSearch(bank_.patches, *bank_.codes)
                                                 : MakeExactBankSearch(bank_.patches);
}

FeatureMap PatchCoreScorer::PatchesOf(const ImageFeatures& features) const {
  return PatchFeatures(FindLevels(features, level_shapes_, options_.levels), options_.pooling);
}

RowMask PatchCoreScorer::AbsentRows(const std::vector<std::size_t>& left_out) const {
  if (left_out.empty()) return {};
  RowMask absent(bank_.places.size());
  std::size_t num_absent = 0;
  for (std::size_t row = 0; row < absent.size(); ++row) {
    const auto image = static_cast<std::size_t>(bank_.places[row].image);
    absent[row] = std::find(left_out.begin(), left_out.end(), image) != left_out.end() ? 1 : 0;
    num_absent += static_cast<std::size_t>(absent[row]);
  }
  // A bank so small that all of it is of the images left out: better compared with those than with nothing.
  if (num_absent == absent.size()) return {};
  return num_absent == 0 ? RowMask() : absent;
}

// s = (1 - exp d* / sum exp d_m) s*, with d* and d_m less their largest.
double PatchCoreScorer::Reweighted(const float* patch, const Neighbor& nearest, const RowMask& absent) const {
  const double farthest = std::sqrt(static_cast<double>(nearest.squared_distance));
  const auto num_absent = static_cast<std::size_t>(
      std::count_if(absent.begin(), absent.end(), [](char is_absent) { return is_absent != 0; }));
  const std::size_t b =
      std::min(static_cast<std::size_t>(options_.reweight_neighbors), bank_.patches.rows - num_absent);
  if (b < 2) return farthest;
  const RowsView center{bank_.patches.row(nearest.row), 1, bank_.patches.cols};
  std::vector<double> distances;
  for (const Neighbor& neighbor : search_->Nearest(center, b, absent)) {
    const float squared = SquaredDistance(patch, bank_.patches.row(neighbor.row), bank_.patches.cols);
    distances.push_back(std::sqrt(static_cast<double>(squared)));
  }
  const double largest = std::max(farthest, *std::max_element(distances.begin(), distances.end()));
  double sum = 0;
  for (const double distance : distances) sum += std::exp(distance - largest);
  return (1 - std::exp(farthest - largest) / sum) * farthest;
}

MethodScores PatchCoreScorer::Score(const ImageFeatures& features, std::uint64_t /*draw*/,
                                    const ScoringScope& scope) const {
  const FeatureMap patches = PatchesOf(features);
  const RowsView query{patches.values.data(), patches.shape.num_locations(), bank_.patches.cols};
  const RowMask absent = AbsentRows(scope.left_out);
  const std::vector<Neighbor> nearest = search_->Nearest(query, 1, absent);
  MethodScores scores;
  ScoreMap grid{{patches.shape.width, patches.shape.height}, std::vector<float>(nearest.size())};
  std::vector<PatchNeighbor> neighbors(nearest.size());
  std::size_t farthest = nearest.size();
  for (std::size_t p = 0; p < nearest.size(); ++p) {
    const PatchPlace& place = bank_.places[nearest[p].row];
    grid.values[p] = std::sqrt(nearest[p].squared_distance);
    neighbors[p] = {nearest[p].squared_distance, place.image, place.location};
    if (!scope.ignored.empty() && scope.ignored[p] != 0) continue;
    if (farthest == nearest.size() || grid.values[p] > grid.values[farthest]) farthest = p;
  }
  scores.patch_max =
      farthest == nearest.size() ? 0 : Reweighted(patches.row(farthest), nearest[farthest], absent);
  scores.grids.push_back(std::move(grid));
  scores.grid_levels.push_back(options_.levels);
  scores.nearest.push_back(std::move(neighbors));
  return scores;
}

std::vector<LevelPart> PatchCoreScorer::Parts(const ImageFeatures& features, const MethodScores& scores,
                                              std::size_t grid, std::size_t location) const {
  const FeatureMap patches = PatchesOf(features);
  const float* patch = patches.row(location);
  // The patch that the score is made of, and not one found anew, which --search ivfpq could answer otherwise.
  const PatchNeighbor& nearest = scores.nearest[grid][location];
  std::size_t row = 0;
  while (row < bank_.patches.rows &&
         (bank_.places[row].image != nearest.image || bank_.places[row].location != nearest.location)) {
    ++row;
  }
  if (row == bank_.patches.rows) throw std::logic_error("PatchCoreScorer::Parts: scores of another bank");
  const float* normal = bank_.patches.row(row);
  std::vector<LevelPart> parts;
  std::size_t begin = 0;
  for (std::size_t l = 0; l < options_.levels.size(); ++l) {
    std::size_t end = (l + 1) * bank_.patches.cols / options_.levels.size();  // kReference: equal turns
    const auto channels = level_shapes_[static_cast<std::size_t>(options_.levels[l]) - 1].channels;
    if (options_.pooling == Pooling::kPaper) end = begin + static_cast<std::size_t>(channels);
    parts.push_back({options_.levels[l], SquaredDistance(patch + begin, normal + begin, end - begin)});
    begin = end;
  }
  return parts;
}

}  // namespace touchstone
