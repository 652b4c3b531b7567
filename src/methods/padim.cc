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

// One after the other, so that it makes no difference where a row of values is parted.
double AddSquares(double sum, const float* values, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return sum;
}

double SquaredNorm(const float* values, std::size_t size) { return AddSquares(0, values, size); }

}  // namespace

PadimScorer::PadimScorer(GaussianModel model, std::vector<FeatureShape> level_shapes,
                         const ScoringOptions& options)
    : model_(std::move(model)),
      level_shapes_(std::move(level_shapes)),
      options_(Checked(options, level_shapes_.size())),
      drawn_(SelectShapes(level_shapes_, options_.levels), model_.channels),
      layout_{model_.channels.size(), model_.num_images} {}

// Of some images at one location.
struct PadimScorer::Scratch {
  Scratch(std::size_t num_images, const FactorLayout& layout)
      : stride(layout.padded_dims()),
        centred(num_images * stride),
        products(num_images * (layout.is_low_rank() ? layout.num_rows() : kProductMultiple)),
        squared(num_images) {}

  std::size_t stride;
  std::vector<float> centred;   ///< x - mu [images x stride]
  std::vector<float> products;  ///< with some rows of the factor [images x rows]
  std::vector<double> squared;  ///< M^2 of each
};

// M^2 of each x - mu. Of a triangle, 16 rows at a time are as long as each other.
void PadimScorer::MeasureLocation(std::size_t location, Scratch* scratch) const {
  const float* rows = model_.factors + location * layout_.size();
  const std::size_t num_images = scratch->squared.size();
  const auto multiply = [&](std::size_t count, std::size_t cols) {
    MultiplyRows(rows, count, cols, scratch->centred.data(), num_images, scratch->stride,
                 scratch->products.data());
    rows += count * cols;
  };
  if (layout_.is_low_rank()) {
    multiply(layout_.num_rows(), layout_.padded_dims());
    for (std::size_t i = 0; i < num_images; ++i) {
      const double whole = SquaredNorm(scratch->centred.data() + i * scratch->stride, layout_.num_dims);
      const double known = SquaredNorm(scratch->products.data() + i * layout_.num_rows(), layout_.num_rows());
      const double rest = whole - known;
      scratch->squared[i] = rest < 0 ? 0 : rest / kPadimRidge;  // NaN stays
      if (rest < -kMostRounding * whole) scratch->squared[i] = std::numeric_limits<double>::quiet_NaN();
    }
    return;
  }
  std::fill(scratch->squared.begin(), scratch->squared.end(), 0.0);
  for (std::size_t row = 0; row < layout_.num_rows(); row += kProductMultiple) {
    const std::size_t count = std::min(kProductMultiple, layout_.num_rows() - row);
    multiply(count, layout_.num_cols(row));
    for (std::size_t i = 0; i < num_images; ++i) {
      scratch->squared[i] = AddSquares(scratch->squared[i], scratch->products.data() + i * count, count);
    }
  }
}

MethodScores PadimScorer::Score(const ImageFeatures& features, std::uint64_t draw,
                                const ScoringScope& scope) const {
  return std::move(ScoreEach({{&features, draw}}, scope)[0]);
}

std::vector<MethodScores> PadimScorer::ScoreEach(const std::vector<ScorerQuery>& queries,
                                                 const ScoringScope& /*scope*/) const {
  const std::size_t num_locations = drawn_.num_locations(), dims = layout_.num_dims;
  const FeatureShape shape = SelectShapes(level_shapes_, options_.levels)[0];
  std::vector<std::vector<const FeatureMap*>> images;
  std::vector<MethodScores> scores(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    images.push_back(FindLevels(*queries[i].features, level_shapes_, options_.levels));
    scores[i].grids = {{{shape.width, shape.height}, std::vector<float>(num_locations)}};
    scores[i].grid_levels = {options_.levels};
  }
  ParallelFor((num_locations + kLocationsPerTask - 1) / kLocationsPerTask, [&](std::size_t task) {
    Scratch scratch(queries.size(), layout_);
    const std::size_t end = std::min(num_locations, (task + 1) * kLocationsPerTask);
    for (std::size_t p = task * kLocationsPerTask; p < end; ++p) {
      for (std::size_t i = 0; i < queries.size(); ++i) {
        float* centred = scratch.centred.data() + i * scratch.stride;
        drawn_.Read(images[i], p, centred);
        for (std::size_t c = 0; c < dims; ++c) centred[c] -= model_.means[p * dims + c];
      }
      MeasureLocation(p, &scratch);
      for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto distance = static_cast<float>(std::sqrt(scratch.squared[i]));
        if (!std::isfinite(distance)) {
          throw Error(ErrorCode::kNotFinite, "the distance at location " + std::to_string(p) +
                                                 " is no number: the gallery's Gaussians are damaged, or the "
                                                 "features beyond all bounds; fit the gallery again");
        }
        scores[i].grids[0].values[p] = distance;
      }
    }
  });
  return scores;
}

std::vector<LevelPart> PadimScorer::Parts(const ImageFeatures& features, const MethodScores& /*scores*/,
                                          std::size_t /*grid*/, std::size_t location) const {
  using Eigen::Index;
  const auto dims = static_cast<Index>(layout_.num_dims);
  std::vector<float> sample(layout_.num_dims);
  drawn_.Read(FindLevels(features, level_shapes_, options_.levels), location, sample.data());
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
