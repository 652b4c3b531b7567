#include "touchstone/knn/projection.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "knn/cpu_choice.h"
#include "knn/kernels.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int kIterations = 3;
constexpr double kShareInRange = 0.9998;
constexpr double kFewDimensions = 8;  // between one network that is faster by leaves and all others
constexpr float kLargest = 126;       // whole number that a coordinate is rounded to (Codes::kMost)
constexpr double kMostWeight = 64;    // keeps sums of weighted products far within 32 bits

// a * b, on all threads.
RowMajorMatrix Product(const RowMajorMatrix& a, const Eigen::MatrixXf& b) {
  constexpr Eigen::Index kBlock = kKernelBlock;
  RowMajorMatrix product(a.rows(), b.cols());
  const auto num_blocks = static_cast<std::size_t>((b.cols() + kBlock - 1) / kBlock);
  ParallelFor(num_blocks, [&](std::size_t block) {
    const Eigen::Index first = static_cast<Eigen::Index>(block) * kBlock;
    const Eigen::Index count = std::min(kBlock, b.cols() - first);
    RowMajorMatrix columns = RowMajorMatrix::Zero(b.rows(), kBlock), out(a.rows(), kBlock);
    columns.leftCols(count) = b.middleCols(first, count);
    MultiplyBlock(a.data(), static_cast<std::size_t>(a.rows()), static_cast<std::size_t>(a.cols()),
                  columns.data(), out.data());
    product.middleCols(first, count) = out.leftCols(count);
  });
  return product;
}

// An orthonormal basis of the columns of `m`.
template <class Matrix>
Matrix BasisOf(const Matrix& m) {
  const Eigen::HouseholderQR<Matrix> qr(m);
  return qr.householderQ() * Matrix::Identity(m.rows(), m.cols());
}

// The same, computed in double so that it holds to float's precision.
Eigen::MatrixXf Orthonormalised(const Eigen::MatrixXf& m) {
  return BasisOf<Eigen::MatrixXd>(m.cast<double>()).cast<float>();
}

Eigen::MatrixXf FixedStart(Eigen::Index rows, Eigen::Index cols) {
  std::mt19937 generator(1);
  Eigen::MatrixXf start(rows, cols);
  for (Eigen::Index i = 0; i < start.size(); ++i) {
    start.data()[i] = static_cast<float>(generator()) / 4294967296.0F - 0.5F;
  }
  return start;
}

// A basis of a subspace that holds nearly all variance that one of its size can. All of them: no search.
Eigen::MatrixXf LeadingSubspace(const RowMajorMatrix& centred, Eigen::Index size) {
  if (size == centred.cols()) return Eigen::MatrixXf::Identity(size, size);
  Eigen::MatrixXf basis = BasisOf<Eigen::MatrixXf>(FixedStart(centred.cols(), size));
  const float scale = centred.cwiseAbs().maxCoeff();
  const RowMajorMatrix turned = centred.transpose() / std::max(scale, 1e-30F);
  for (int i = 0; scale > 0 && i < kIterations; ++i) {
    // B <- orth(X^T X B): converges to the leading eigenvectors of the covariance.
    const Eigen::MatrixXf image = Product(turned, Product(centred, basis) / scale);
    // A little of the old basis keeps directions apart where the data has fewer than M of its own.
    basis = BasisOf<Eigen::MatrixXf>(image + basis * (1e-6F * image.cwiseAbs().maxCoeff()));
  }
  return basis;
}

// Directions by falling variance, and the variances, of any scale.
struct Principal {
  Eigen::MatrixXf directions;
  Eigen::VectorXd variances;
};

// Turns the basis of a subspace so that its directions come by falling variance (Rayleigh-Ritz).
Principal ByFallingVariance(const RowMajorMatrix& centred, const Eigen::MatrixXf& basis) {
  const float scale = std::max(centred.cwiseAbs().maxCoeff(), 1e-30F);
  const RowMajorMatrix coordinates = Product(centred, basis) / scale;
  const RowMajorMatrix products = Product(coordinates.transpose(), coordinates);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products.cast<double>());
  const Eigen::MatrixXd turned = basis.cast<double>() * solver.eigenvectors().rowwise().reverse();
  return {Orthonormalised(turned.cast<float>()), solver.eigenvalues().reverse()};
}

bool HasFewDimensions(const Eigen::VectorXd& variances) {
  return variances.sum() * variances.sum() <= kFewDimensions * variances.squaredNorm();
}

// The same directions of the first m, turned at random among themselves; the others likewise.
RowMajorMatrix Turned(const Eigen::MatrixXf& basis, Eigen::Index m) {
  const auto turn = [](const Eigen::MatrixXf& part) -> Eigen::MatrixXf {
    const Eigen::MatrixXf rotation = Orthonormalised(FixedStart(part.cols(), part.cols()));
    return (part.cast<double>() * rotation.cast<double>()).cast<float>();
  };
  Eigen::MatrixXf turned(basis.rows(), basis.cols());
  turned.leftCols(m) = turn(basis.leftCols(m));
  if (m < basis.cols()) turned.rightCols(basis.cols() - m) = turn(basis.rightCols(basis.cols() - m));
  return Orthonormalised(turned);
}

// What coordinates leave out of rows of these squared lengths, on the average subtracted.
Eigen::ArrayXf Rests(const Eigen::ArrayXf& squared_lengths, const RowMajorMatrix& coordinates, float* mean) {
  const Eigen::ArrayXf parts = coordinates.rowwise().squaredNorm().array();
  const Eigen::ArrayXf rests = (squared_lengths - parts).max(0.0F).sqrt();
  *mean = rests.mean();
  return rests - *mean;
}

// What nearly all of these numbers are within.
float Range(const float* values, Eigen::Index size) {
  std::vector<float> sizes(values, values + size);
  for (float& value : sizes) value = std::abs(value);
  const auto place =
      sizes.begin() + static_cast<std::ptrdiff_t>(kShareInRange * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), place, sizes.end());
  return *place;
}

// How much finer than the short step the long one can be for numbers that want at least `wanted`.
int WeightFor(float short_step, float wanted) {
  const double ratio = static_cast<double>(short_step) / wanted;
  return static_cast<int>(std::clamp(ratio * ratio, 1.0, kMostWeight));
}

// A step such that nearly all coordinates and nearly all rests are within 126 of them: a few may go beyond,
// which costs them some of their bound, rather than have all others rounded coarsely. `otherwise` if all are
// 0.
float StepFor(const RowMajorMatrix& coordinates, const Eigen::ArrayXf& rests, float otherwise) {
  const float range =
      std::max(Range(coordinates.data(), coordinates.size()), Range(rests.data(), rests.size()));
  return range > 0 && std::isfinite(range) ? std::max(range / kLargest, 1e-30F) : otherwise;
}

std::size_t NumDirections(const CodeSizes& sizes) { return sizes.short_directions + sizes.more_directions; }

// @param otherwise  the sizes, no larger ones, where the sample has few dimensions.
Projection Fit(RowsView sample, CodeSizes sizes, const CodeSizes& otherwise) {
  if (sample.rows < 1 || sample.cols < 1) {
    throw Error(ErrorCode::kOption, "FitProjection: the sample must not be empty");
  }
  const CodeSizes& most_sizes = sizes.for_tiles ? kTileSizes : kLeafSizes;
  if (sizes.short_directions > most_sizes.short_directions ||
      sizes.more_directions > most_sizes.more_directions || (sizes.for_tiles && !UseByteTiles())) {
    throw std::logic_error("FitProjection: codes of sizes that this CPU, or no CPU, compares");
  }
  const Eigen::Map<const RowMajorMatrix> rows(sample.data, static_cast<Eigen::Index>(sample.rows),
                                              static_cast<Eigen::Index>(sample.cols));
  const Eigen::RowVectorXf centre = rows.colwise().mean();
  const RowMajorMatrix centred = rows.rowwise() - centre;
  const std::size_t most = std::min(sample.cols, NumDirections(sizes));
  const Principal principal =
      ByFallingVariance(centred, LeadingSubspace(centred, static_cast<Eigen::Index>(most)));
  if (HasFewDimensions(principal.variances)) sizes = otherwise;
  Projection projection;
  projection.num_channels = sample.cols;
  projection.num_short = std::min(sample.cols, sizes.short_directions);
  projection.num_directions = std::min(sample.cols, NumDirections(sizes));
  projection.for_tiles = sizes.for_tiles;
  const Eigen::MatrixXf basis =
      principal.directions.leftCols(static_cast<Eigen::Index>(projection.num_directions));
  const auto m = static_cast<Eigen::Index>(projection.num_short);
  const RowMajorMatrix directions = Turned(basis, m).transpose();
  projection.centre.assign(centre.data(), centre.data() + centre.size());
  projection.directions.assign(directions.data(), directions.data() + directions.size());
  const RowMajorMatrix coordinates = Product(centred, directions.transpose());
  const RowMajorMatrix of_short = coordinates.leftCols(m), others = coordinates.rightCols(basis.cols() - m);
  const Eigen::ArrayXf squared_lengths = centred.rowwise().squaredNorm();
  const Eigen::ArrayXf short_rests = Rests(squared_lengths, of_short, &projection.short_rest);
  const Eigen::ArrayXf long_rests = Rests(squared_lengths, coordinates, &projection.long_rest);
  projection.short_step = StepFor(of_short, short_rests, 1);
  const float wanted =
      others.cols() > 0 ? StepFor(others, long_rests, projection.short_step) : projection.short_step;
  projection.long_weight = WeightFor(projection.short_step, wanted);
  projection.long_step = projection.short_step / std::sqrt(static_cast<float>(projection.long_weight));
  return projection;
}

}  // namespace

double Projection::rounding() const {
  const double u = std::ldexp(1.0, -24);
  return (56 + static_cast<double>(num_channels) / 32) * u *
         (std::sqrt(static_cast<double>(num_directions)) + 2);
}

CodeSizes CodeSizesOfThisCpu() { return UseByteTiles() ? kTileSizes : kLeafSizes; }

Projection FitProjection(RowsView sample, const CodeSizes& sizes) { return Fit(sample, sizes, sizes); }

Projection FitProjection(RowsView sample, std::size_t most_more_directions) {
  const auto cut = [&](CodeSizes sizes) {
    sizes.more_directions = std::min(sizes.more_directions, most_more_directions);
    return sizes;
  };
  return Fit(sample, cut(CodeSizesOfThisCpu()), cut(kLeafSizes));
}

}  // namespace touchstone
