#include "touchstone/knn/projection.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

static_assert(Codes::kBlock == kKernelBlock, "the code layout is the kernel's");

using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int kIterations = 6;

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

// One block of 32 rows, centred and turned: out [C x 32]; missing rows are zero.
void CentreAndTurn(RowsView rows, std::size_t first, const std::vector<float>& centre, float* out) {
  const std::size_t count = std::min(Codes::kBlock, rows.rows - first);
  std::fill(out, out + rows.cols * Codes::kBlock, 0.0F);
  for (std::size_t j = 0; j < count; ++j) {
    const float* row = rows.row(first + j);
    for (std::size_t c = 0; c < rows.cols; ++c) out[c * Codes::kBlock + j] = row[c] - centre[c];
  }
}

// Squared length of each of the 32 columns of a [depth x 32] block, in double.
void AddSquaredLengths(const float* block, std::size_t depth, double* lengths) {
  for (std::size_t d = 0; d < depth; ++d) {
    for (std::size_t j = 0; j < Codes::kBlock; ++j) {
      const double value = block[d * Codes::kBlock + j];
      lengths[j] += value * value;
    }
  }
}

// Beyond this, sums of squares leave float32 and comparisons of bounds would mean nothing.
void CheckRange(const double* squared_lengths) {
  for (std::size_t j = 0; j < Codes::kBlock; ++j) {
    if (!(squared_lengths[j] < 1e36)) {
      throw Error(ErrorCode::kNotFinite, "features are not finite or too large: a squared length is " +
                                             std::to_string(squared_lengths[j]) + ", the limit is 1e36");
    }
  }
}

// offset = (||code||^2 - slack ||x'||^2) / 2 of the rows of one block; padding stays NaN.
void SetOffsets(const double* coded, const double* whole, float slack, std::size_t block, Codes* codes) {
  for (std::size_t j = 0; j < Codes::kBlock && block * Codes::kBlock + j < codes->rows; ++j) {
    codes->offsets[block * Codes::kBlock + j] = static_cast<float>((coded[j] - slack * whole[j]) / 2);
  }
}

Codes EmptyCodes(std::size_t rows, std::size_t dims) {
  const std::size_t num_blocks = (rows + Codes::kBlock - 1) / Codes::kBlock;
  Codes codes;
  codes.rows = rows;
  codes.dims = dims;
  codes.values.resize(num_blocks * dims * Codes::kBlock);
  codes.offsets.assign(num_blocks * Codes::kBlock, std::numeric_limits<float>::quiet_NaN());
  return codes;
}

}  // namespace

float Projection::slack() const {
  const double u = std::ldexp(1.0, -24);
  const double n = 64.0 + static_cast<double>(num_channels) / 64.0 + static_cast<double>(num_directions);
  const double eta = (n + 8) * u * (std::sqrt(static_cast<double>(num_directions)) + 4);
  return static_cast<float>(16 * eta);
}

std::size_t DefaultNumDirections(std::size_t num_channels) {
  const auto wanted = static_cast<std::size_t>(4 * std::sqrt(static_cast<double>(num_channels)));
  return std::min(num_channels, std::max<std::size_t>(8, wanted / 8 * 8));
}

Projection FitProjection(RowsView sample, std::size_t num_directions) {
  if (sample.rows < 1 || num_directions < 1 || num_directions > sample.cols) {
    throw Error(ErrorCode::kOption, "num_directions = " + std::to_string(num_directions) +
                                        ": must be between 1 and the number of channels, " +
                                        std::to_string(sample.cols) + ", and the sample must not be empty");
  }
  const Eigen::Map<const RowMajorMatrix> rows(sample.data, static_cast<Eigen::Index>(sample.rows),
                                              static_cast<Eigen::Index>(sample.cols));
  const Eigen::RowVectorXf centre = rows.colwise().mean();
  const RowMajorMatrix centred = rows.rowwise() - centre;
  Eigen::MatrixXf basis = Orthonormalised(FixedStart(rows.cols(), static_cast<Eigen::Index>(num_directions)));
  const float scale = centred.cwiseAbs().maxCoeff();
  for (int i = 0; scale > 0 && i < kIterations; ++i) {
    // B <- orth(X^T X B): converges to the leading eigenvectors of the covariance.
    const Eigen::MatrixXf image = centred.transpose() * ((centred * basis) / scale) / scale;
    // A little of the old basis keeps directions apart where the data has fewer than m of its own.
    basis = Orthonormalised(image + basis * (1e-6F * image.cwiseAbs().maxCoeff()));
  }
  Projection projection;
  projection.num_channels = sample.cols;
  projection.num_directions = num_directions;
  projection.centre.assign(centre.data(), centre.data() + centre.size());
  const RowMajorMatrix directions = basis.transpose();
  projection.directions.assign(directions.data(), directions.data() + directions.size());
  return projection;
}

Codes Encode(const Projection& projection, RowsView rows) {
  const std::size_t m = projection.num_directions, channels = projection.num_channels;
  const Eigen::Map<const RowMajorMatrix> directions(
      projection.directions.data(), static_cast<Eigen::Index>(m), static_cast<Eigen::Index>(channels));
  const RowMajorMatrix turned = directions.transpose();
  Codes codes = EmptyCodes(rows.rows, m + 1);
  const float slack = projection.slack();
  std::vector<float> centred(channels * Codes::kBlock), rest(channels * Codes::kBlock);
  for (std::size_t block = 0; block * Codes::kBlock < rows.rows; ++block) {
    float* code = codes.values.data() + block * codes.dims * Codes::kBlock;
    CentreAndTurn(rows, block * Codes::kBlock, projection.centre, centred.data());
    MultiplyBlock(projection.directions.data(), m, channels, centred.data(), code);  // y = B x'
    MultiplyBlock(turned.data(), channels, m, code, rest.data());                    // B^T y
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = centred[i] - rest[i];
    double whole[Codes::kBlock] = {}, left[Codes::kBlock] = {}, coded[Codes::kBlock] = {};
    AddSquaredLengths(centred.data(), channels, whole);
    CheckRange(whole);
    AddSquaredLengths(rest.data(), channels, left);
    for (std::size_t j = 0; j < Codes::kBlock; ++j) {
      code[m * Codes::kBlock + j] = static_cast<float>(std::sqrt(left[j]));
    }
    AddSquaredLengths(code, codes.dims, coded);
    SetOffsets(coded, whole, slack, block, &codes);
  }
  return codes;
}

Codes EncodeWhole(const Projection& projection, RowsView rows) {
  const std::size_t channels = projection.num_channels;
  const auto slack = static_cast<float>(8 * (static_cast<double>(channels) + 8) * std::ldexp(1.0, -24));
  Codes codes = EmptyCodes(rows.rows, channels);
  for (std::size_t block = 0; block * Codes::kBlock < rows.rows; ++block) {
    float* code = codes.values.data() + block * channels * Codes::kBlock;
    CentreAndTurn(rows, block * Codes::kBlock, projection.centre, code);
    double whole[Codes::kBlock] = {};
    AddSquaredLengths(code, channels, whole);
    CheckRange(whole);
    SetOffsets(whole, whole, slack, block, &codes);
  }
  return codes;
}

}  // namespace touchstone
