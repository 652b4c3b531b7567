#include "touchstone/knn/projection.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int kIterations = 4;
constexpr double kShareInRange = 0.9999;
constexpr float kLargest = 126;  // whole number that a coordinate is rounded to (Codes::kMost)

// An orthonormal basis of the columns of `m`, computed in double so that it holds to float's precision.
Eigen::MatrixXf Orthonormalised(const Eigen::MatrixXf& m) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(m.cast<double>());
  const Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(m.rows(), m.cols());
  return q.cast<float>();
}

Eigen::MatrixXf FixedStart(Eigen::Index rows, Eigen::Index cols) {
  std::mt19937 generator(1);
  Eigen::MatrixXf start(rows, cols);
  for (Eigen::Index i = 0; i < start.size(); ++i) {
    start.data()[i] = static_cast<float>(generator()) / 4294967296.0F - 0.5F;
  }
  return start;
}

// Turns the basis of a subspace so that its directions come by falling variance (Rayleigh-Ritz).
Eigen::MatrixXf ByFallingVariance(const RowMajorMatrix& centred, const Eigen::MatrixXf& basis) {
  const Eigen::MatrixXd coordinates = (centred * basis).cast<double>();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(coordinates.transpose() * coordinates);
  const Eigen::MatrixXd turned = basis.cast<double>() * solver.eigenvectors().rowwise().reverse();
  return Orthonormalised(turned.cast<float>());
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

// Steps such that nearly all of these numbers are within 126 of them: a few rows may go beyond the range,
// which costs them some of their bound, rather than have all others rounded coarsely. `otherwise` if all are
// 0.
float StepFor(const RowMajorMatrix& coordinates, const Eigen::ArrayXf& rests, float otherwise) {
  std::vector<float> sizes(coordinates.data(), coordinates.data() + coordinates.size());
  sizes.insert(sizes.end(), rests.data(), rests.data() + rests.size());
  for (float& size : sizes) size = std::abs(size);
  const auto place =
      sizes.begin() + static_cast<std::ptrdiff_t>(kShareInRange * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), place, sizes.end());
  const float range = *place;
  return range > 0 && std::isfinite(range) ? std::max(range / kLargest, 1e-30F) : otherwise;
}

}  // namespace

double Projection::rounding() const {
  const double u = std::ldexp(1.0, -24);
  return (56 + static_cast<double>(num_channels) / 32) * u *
         (std::sqrt(static_cast<double>(num_directions)) + 2);
}

Projection FitProjection(RowsView sample) {
  if (sample.rows < 1 || sample.cols < 1) {
    throw Error(ErrorCode::kOption, "FitProjection: the sample must not be empty");
  }
  Projection projection;
  projection.num_channels = sample.cols;
  projection.num_short =
      std::min(sample.cols, sample.cols > kManyChannels ? kShortDirectionsOfMany : kShortDirections);
  projection.num_directions = std::min(sample.cols, projection.num_short + kLongDirections);
  const Eigen::Map<const RowMajorMatrix> rows(sample.data, static_cast<Eigen::Index>(sample.rows),
                                              static_cast<Eigen::Index>(sample.cols));
  const Eigen::RowVectorXf centre = rows.colwise().mean();
  const RowMajorMatrix centred = rows.rowwise() - centre;
  Eigen::MatrixXf basis =
      Orthonormalised(FixedStart(rows.cols(), static_cast<Eigen::Index>(projection.num_directions)));
  const float scale = centred.cwiseAbs().maxCoeff();
  for (int i = 0; scale > 0 && i < kIterations; ++i) {
    // B <- orth(X^T X B): converges to the leading eigenvectors of the covariance.
    const Eigen::MatrixXf image = centred.transpose() * ((centred * basis) / scale) / scale;
    // A little of the old basis keeps directions apart where the data has fewer than M of its own.
    basis = Orthonormalised(image + basis * (1e-6F * image.cwiseAbs().maxCoeff()));
  }
  basis = ByFallingVariance(centred, basis);
  const auto m = static_cast<Eigen::Index>(projection.num_short);
  const RowMajorMatrix directions = Turned(basis, m).transpose();
  projection.centre.assign(centre.data(), centre.data() + centre.size());
  projection.directions.assign(directions.data(), directions.data() + directions.size());
  const RowMajorMatrix coordinates = centred * directions.transpose();
  const RowMajorMatrix of_short = coordinates.leftCols(m), others = coordinates.rightCols(basis.cols() - m);
  const Eigen::ArrayXf squared_lengths = centred.rowwise().squaredNorm();
  const Eigen::ArrayXf short_rests = Rests(squared_lengths, of_short, &projection.short_rest);
  const Eigen::ArrayXf long_rests = Rests(squared_lengths, coordinates, &projection.long_rest);
  projection.short_step = StepFor(of_short, short_rests, 1);
  projection.long_step =
      others.cols() > 0 ? StepFor(others, long_rests, projection.short_step) : projection.short_step;
  return projection;
}

}  // namespace touchstone
