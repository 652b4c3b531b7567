#include "methods/location_fit.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace touchstone {
namespace {

using Index = Eigen::Index;

constexpr double kLost = 1e-10;  // of a sum of squares: what a difference of two may be off by, and to spare

double Degrees(std::size_t num_samples) { return std::max(1.0, static_cast<double>(num_samples) - 1); }

// A with A A^T = matrix; the ridge keeps it positive definite.
Eigen::MatrixXd Cholesky(Eigen::MatrixXd matrix) {
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> decomposition(matrix);
  if (decomposition.info() != Eigen::Success) {
    throw std::logic_error("LocationFit: a covariance with its ridge is not positive definite");
  }
  return decomposition.matrixL();
}

void WriteRows(const FactorLayout& layout, const Eigen::MatrixXd& rows, float* factor) {
  for (std::size_t r = 0; r < layout.num_rows(); ++r) {
    for (std::size_t c = 0; c < layout.num_cols(r); ++c) {
      const bool is_there = c < layout.num_dims && (layout.is_low_rank() || c <= r);
      *factor++ = is_there ? static_cast<float>(rows(static_cast<Index>(r), static_cast<Index>(c))) : 0.0F;
    }
  }
}

}  // namespace

LocationFit::LocationFit(LocationSamples samples, double ridge)
    : centred_(std::move(samples)), mean_(centred_.colwise().mean()), ridge_(ridge) {
  centred_.rowwise() -= mean_;
  if (centred_.rows() < centred_.cols()) {
    gram_ = GramOf(centred_);
  } else {
    scatter_ = GramOf(centred_.transpose());
  }
}

// rows rows^T, symmetric.
Eigen::MatrixXd LocationFit::GramOf(const LocationSamples& rows) const {
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(rows.rows(), rows.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(rows);
  gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();
  return gram;
}

void LocationFit::Write(const FactorLayout& layout, float* mean, float* factor) const {
  for (Index c = 0; c < mean_.size(); ++c) mean[c] = static_cast<float>(mean_[c]);
  const double degrees = Degrees(layout.num_images);
  if (layout.is_low_rank()) {
    Eigen::MatrixXd gram = gram_;
    gram.diagonal().array() += ridge_ * degrees;
    Eigen::MatrixXd rows = centred_;  // R^-1 X
    Cholesky(std::move(gram)).triangularView<Eigen::Lower>().solveInPlace(rows);
    WriteRows(layout, rows, factor);
    return;
  }
  Eigen::MatrixXd covariance = scatter_ / degrees;
  covariance.diagonal().array() += ridge_;
  Eigen::MatrixXd rows = Eigen::MatrixXd::Identity(covariance.rows(), covariance.rows());  // L^-1
  Cholesky(std::move(covariance)).triangularView<Eigen::Lower>().solveInPlace(rows);
  WriteRows(layout, rows, factor);
}

std::vector<double> LocationFit::Distances(const HoldOut& hold_out) const {
  return static_cast<Index>(hold_out.used.size()) < centred_.cols() ? ByGram(hold_out)
                                                                    : ByCovariance(hold_out);
}

// n < d, all by inner products: with U the samples used, of mean mu_U = mean + shift,
//   <x_i - mu_U, x_j - mu_U> = G_ij - mean_u G_iu - mean_u G_ju + mean_uv G_uv
std::vector<double> LocationFit::ByGram(const HoldOut& hold_out) const {
  const Eigen::MatrixXd made = gram_.size() > 0 ? Eigen::MatrixXd() : GramOf(centred_);
  const Eigen::MatrixXd& gram = gram_.size() > 0 ? gram_ : made;
  const auto count = static_cast<Index>(hold_out.used.size());
  const auto num_scored = static_cast<Index>(hold_out.scored.size());
  Eigen::MatrixXd among(count, count), across(count, num_scored);
  for (Index j = 0; j < count; ++j) {
    const auto used = static_cast<Index>(hold_out.used[static_cast<std::size_t>(j)]);
    for (Index i = 0; i < count; ++i) {
      among(i, j) = gram(static_cast<Index>(hold_out.used[static_cast<std::size_t>(i)]), used);
    }
    for (Index s = 0; s < num_scored; ++s) {
      across(j, s) = gram(static_cast<Index>(hold_out.scored[static_cast<std::size_t>(s)]), used);
    }
  }
  const Eigen::VectorXd row_means = among.colwise().mean();
  const double mean = row_means.mean();
  const Eigen::RowVectorXd scored_means = across.colwise().mean();
  across.colwise() -= row_means;
  across.rowwise() -= scored_means;
  across.array() += mean;
  among.colwise() -= row_means;
  among.rowwise() -= row_means.transpose();
  among.array() += mean;
  among.diagonal().array() += ridge_ * Degrees(hold_out.used.size());
  Cholesky(std::move(among)).triangularView<Eigen::Lower>().solveInPlace(across);
  std::vector<double> distances;
  for (Index s = 0; s < num_scored; ++s) {
    const auto scored = static_cast<Index>(hold_out.scored[static_cast<std::size_t>(s)]);
    const double length = gram(scored, scored) - 2 * scored_means[s] + mean;
    distances.push_back(std::sqrt(std::max(0.0, (length - across.col(s).squaredNorm()) / ridge_)));
  }
  return distances;
}

LocationSamples LocationFit::SamplesOf(const std::vector<char>& is_used, char wanted) const {
  const auto count = std::count(is_used.begin(), is_used.end(), wanted);
  LocationSamples samples(count, centred_.cols());
  Index row = 0;
  for (Index i = 0; i < centred_.rows(); ++i) {
    if (is_used[static_cast<std::size_t>(i)] == wanted) samples.row(row++) = centred_.row(i);
  }
  return samples;
}

// sum_U (x - shift)(x - shift)^T over the samples used, of mean `shift` and number n_U. With V those left
// out, and since all samples together are centred, it is also
//   X^T X - sum_V x x^T - n_U shift shift^T,   shift = -sum_V x / n_U
// which costs what V does and not what U does: for whichever are fewer, unless the difference would lose
// what the ridge is worth.
Eigen::MatrixXd LocationFit::ScatterOf(const HoldOut& hold_out, Eigen::RowVectorXd* shift) const {
  std::vector<char> is_used(static_cast<std::size_t>(centred_.rows()), 0);
  for (const std::size_t sample : hold_out.used) is_used[sample] = 1;
  const auto count = static_cast<double>(hold_out.used.size());
  const bool would_lose = scatter_.diagonal().maxCoeff() * kLost > ridge_ * count;
  if (would_lose || 2 * hold_out.used.size() <= is_used.size()) {
    LocationSamples used = SamplesOf(is_used, 1);
    *shift = used.colwise().mean();
    used.rowwise() -= *shift;
    return GramOf(used.transpose());
  }
  const LocationSamples left = SamplesOf(is_used, 0);
  *shift = -left.colwise().sum() / count;
  Eigen::MatrixXd scatter = scatter_;
  scatter.selfadjointView<Eigen::Lower>().rankUpdate(left.transpose(), -1.0);
  scatter.selfadjointView<Eigen::Lower>().rankUpdate(shift->transpose(), -count);
  return scatter;
}

std::vector<double> LocationFit::ByCovariance(const HoldOut& hold_out) const {
  Eigen::RowVectorXd shift;
  Eigen::MatrixXd covariance = ScatterOf(hold_out, &shift) / Degrees(hold_out.used.size());
  covariance.diagonal().array() += ridge_;
  Eigen::MatrixXd scored(centred_.cols(), static_cast<Index>(hold_out.scored.size()));
  for (Index s = 0; s < scored.cols(); ++s) {
    const auto row = static_cast<Index>(hold_out.scored[static_cast<std::size_t>(s)]);
    scored.col(s) = (centred_.row(row) - shift).transpose();
  }
  Cholesky(std::move(covariance)).triangularView<Eigen::Lower>().solveInPlace(scored);
  std::vector<double> distances;
  for (Index s = 0; s < scored.cols(); ++s) distances.push_back(scored.col(s).norm());
  return distances;
}

}  // namespace touchstone
