#pragma once

#include <Eigen/Dense>
#include <vector>

#include "touchstone/methods/gaussians.h"

namespace touchstone {

using LocationSamples = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  ///< [n x d]

/// The Gaussian of one location (gaussians.h, FactorLayout), in double.
class LocationFit {
 public:
  /// @param samples [n x d], n >= 1.
  LocationFit(LocationSamples samples, double ridge);

  /// @param mean [d]. @param factor [layout.size()].
  void Write(const FactorLayout& layout, float* mean, float* factor) const;

  /// M of each sample `scored`, by the Gaussian of the samples `used`.
  std::vector<double> Distances(const HoldOut& hold_out) const;

 private:
  std::vector<double> ByGram(const HoldOut& hold_out) const;
  std::vector<double> ByCovariance(const HoldOut& hold_out) const;
  LocationSamples SamplesOf(const std::vector<char>& is_used, char wanted) const;
  // Only the lower half is valid.
  Eigen::MatrixXd ScatterOf(const HoldOut& hold_out, Eigen::RowVectorXd* shift) const;
  Eigen::MatrixXd GramOf(const LocationSamples& rows) const;

  LocationSamples centred_;  ///< less the mean of all
  Eigen::RowVectorXd mean_;
  double ridge_;
  Eigen::MatrixXd gram_;     ///< X X^T, for n < d
  Eigen::MatrixXd scatter_;  ///< X^T X, for n >= d
};

}  // namespace touchstone
