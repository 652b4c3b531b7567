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

// The lengths of what the first m coordinates leave out.
Eigen::ArrayXf Rests(const RowMajorMatrix& centred, const RowMajorMatrix& coordinates, std::size_t m) {
  const auto squared = centred.rowwise().squaredNorm() -
                       coordinates.leftCols(static_cast<Eigen::Index>(m)).rowwise().squaredNorm();
  return squared.array().max(0.0F).sqrt();
}

// Nearly the largest of the numbers that will be rounded: a few rows may go beyond the range, which
// costs them some of their bound, rather than have all others rounded coarsely.
float Range(const RowMajorMatrix& coordinates, const Eigen::ArrayXf& short_rests,
            const Eigen::ArrayXf& long_rests) {
  std::vector<float> sizes(coordinates.data(), coordinates.data() + coordinates.size());
  sizes.insert(sizes.end(), short_rests.data(), short_rests.data() + short_rests.size());
  sizes.insert(sizes.end(), long_rests.data(), long_rests.data() + long_rests.size());
  for (float& size : sizes) size = std::abs(size);
  const auto place =
      sizes.begin() + static_cast<std::ptrdiff_t>(kShareInRange * static_cast<double>(sizes.size() - 1));
  std::nth_element(sizes.begin(), place, sizes.end());
  return *place;
}

}  // namespace

double Projection::rounding() const {
  const double u = std::ldexp(1.0, -24), m = static_cast<double>(num_directions);
  return (72 + static_cast<double>(num_channels) / 64 + m) * u * (std::sqrt(m) + 4);
}

Projection FitProjection(RowsView sample) {
  if (sample.rows < 1 || sample.cols < 1) {
    throw Error(ErrorCode::kOption, "FitProjection: the sample must not be empty");
  }
  Projection projection;
  projection.num_channels = sample.cols;
  projection.num_directions = std::min(sample.cols, kMostLongDirections);
  projection.num_short = std::min(sample.cols, kMostShortDirections);
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
  const RowMajorMatrix directions = basis.transpose();
  projection.centre.assign(centre.data(), centre.data() + centre.size());
  projection.directions.assign(directions.data(), directions.data() + directions.size());
  const RowMajorMatrix coordinates = centred * basis;
  Eigen::ArrayXf short_rests = Rests(centred, coordinates, projection.num_short);
  Eigen::ArrayXf long_rests = Rests(centred, coordinates, projection.num_directions);
  projection.short_rest = short_rests.mean();
  projection.long_rest = long_rests.mean();
  short_rests -= projection.short_rest;
  long_rests -= projection.long_rest;
  const float range = Range(coordinates, short_rests, long_rests);
  if (range > 0 && std::isfinite(range)) projection.step = std::max(range / 127, 1e-30F);
  return projection;
}

}  // namespace touchstone
