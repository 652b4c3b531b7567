#include "touchstone/methods/padim.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/products.h"

namespace touchstone {
namespace {

constexpr std::size_t kLocationsPerTask = 64;

// ||W (x - mu)||^2 is at most ||x - mu||^2. Rounded it may be more, by (d / 16 + 6) 2^-23 sqrt(n) of that:
// below 0.001 for n < d <= 2048. What is beyond this share is no W that was fitted.
constexpr double kMostRounding = 0.01;

ScoringOptions Checked(ScoringOptions options, std::size_t num_levels) {
  Validate(options, static_cast<int>(num_levels));
  if (options.levels.empty()) throw std::logic_error("PadimScorer: the levels are not filled in");
  return options;
}

double SquaredNorm(const float* values, std::size_t size) {
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i)
    sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return sum;
}

}  // namespace

PadimScorer::PadimScorer(GaussianModel model, std::vector<FeatureShape> level_shapes,
                         const ScoringOptions& options)
    : model_(std::move(model)),
      level_shapes_(std::move(level_shapes)),
      options_(Checked(options, level_shapes_.size())),
      drawn_(SelectShapes(level_shapes_, options_.levels), model_.channels),
      layout_{model_.channels.size(), model_.num_images} {}

// M^2 of x - mu [padded_dims]. Of a triangle, 16 rows at a time are as long as each other.
double PadimScorer::SquaredDistance(std::size_t location, const float* centred,
                                    std::vector<float>* products) const {
  const float* rows = model_.factors + location * layout_.size();
  products->resize(layout_.num_rows());
  if (layout_.is_low_rank()) {
    MultiplyRows(rows, layout_.num_rows(), layout_.padded_dims(), centred, 1, 0, products->data());
    const double whole = SquaredNorm(centred, layout_.num_dims);
    const double rest = whole - SquaredNorm(products->data(), products->size());
    if (rest < -kMostRounding * whole) return std::numeric_limits<double>::quiet_NaN();
    return rest < 0 ? 0 : rest / kPadimRidge;  // NaN stays
  }
  for (std::size_t row = 0; row < layout_.num_rows(); row += kProductMultiple) {
    const std::size_t count = std::min(kProductMultiple, layout_.num_rows() - row);
    MultiplyRows(rows, count, layout_.num_cols(row), centred, 1, 0, products->data() + row);
    rows += count * layout_.num_cols(row);
  }
  return SquaredNorm(products->data(), products->size());
}

MethodScores PadimScorer::Score(const ImageFeatures& features, std::uint64_t /*draw*/,
                                const ScoringScope& /*scope*/) const {
  const std::vector<FeatureMap> levels = SelectLevels(features, level_shapes_, options_.levels);
  const std::size_t num_locations = drawn_.num_locations(), dims = layout_.num_dims;
  ScoreMap grid{{levels[0].shape.width, levels[0].shape.height}, std::vector<float>(num_locations)};
  ParallelFor((num_locations + kLocationsPerTask - 1) / kLocationsPerTask, [&](std::size_t task) {
    std::vector<float> centred(layout_.padded_dims()), products;
    const std::size_t end = std::min(num_locations, (task + 1) * kLocationsPerTask);
    for (std::size_t p = task * kLocationsPerTask; p < end; ++p) {
      drawn_.Read(levels, p, centred.data());
      for (std::size_t c = 0; c < dims; ++c) centred[c] -= model_.means[p * dims + c];
      grid.values[p] = static_cast<float>(std::sqrt(SquaredDistance(p, centred.data(), &products)));
      if (!std::isfinite(grid.values[p])) {
        throw Error(ErrorCode::kNotFinite, "the distance at location " + std::to_string(p) +
                                               " is no number: the gallery's Gaussians are damaged, or the "
                                               "features beyond all bounds; fit the gallery again");
      }
    }
  });
  MethodScores scores;
  scores.grids.push_back(std::move(grid));
  scores.grid_levels.push_back(options_.levels);
  return scores;
}

std::vector<LevelPart> PadimScorer::Parts(const ImageFeatures& features, const MethodScores& /*scores*/,
                                          std::size_t /*grid*/, std::size_t location) const {
  using Eigen::Index;
  const auto dims = static_cast<Index>(layout_.num_dims);
  const std::vector<FeatureMap> levels = SelectLevels(features, level_shapes_, options_.levels);
  std::vector<float> sample(layout_.num_dims);
  drawn_.Read(levels, location, sample.data());
  Eigen::VectorXd x(dims);
  for (Index c = 0; c < dims; ++c) {
    x[c] = static_cast<double>(sample[static_cast<std::size_t>(c)]) -
           static_cast<double>(model_.means[location * layout_.num_dims + static_cast<std::size_t>(c)]);
  }
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(static_cast<Index>(layout_.num_rows()), dims);
  const float* values = model_.factors + location * layout_.size();
  for (std::size_t r = 0; r < layout_.num_rows(); ++r) {
    for (std::size_t c = 0; c < layout_.num_cols(r); ++c, ++values) {
      if (c < layout_.num_dims)
        factor(static_cast<Index>(r), static_cast<Index>(c)) = static_cast<double>(*values);
    }
  }
  Eigen::VectorXd z;  // L^-1 x
  if (layout_.is_low_rank()) {
    // S^-1 = (I - W^T W) / 0.01, so S = L L^T comes of its inverse; kept away from the rounding of W.
    Eigen::MatrixXd precision =
        Eigen::MatrixXd::Identity(dims, dims) * (1 + 1e-5) - factor.transpose() * factor;
    precision /= kPadimRidge;
    const Eigen::MatrixXd covariance = precision.llt().solve(Eigen::MatrixXd::Identity(dims, dims));
    z = covariance.llt().matrixL().solve(x);
  } else {
    z = factor * x;
  }
  std::vector<LevelPart> parts;
  Index begin = 0;
  for (std::size_t l = 0; l < options_.levels.size(); ++l) {
    const auto count = static_cast<Index>(drawn_.num_dims_of(l));
    parts.push_back({options_.levels[l], z.segment(begin, count).squaredNorm()});
    begin += count;
  }
  return parts;
}

}  // namespace touchstone
