#pragma once

#include <cstddef>

namespace touchstone {

/// The part that the last channels of rows, their tail, have in the squared distances between query rows and
/// an image's rows, for rows whose tails are made of few others (interpolated, say), so that it follows from
/// products of those:
///
///     ||q - g||^2  =  ||head(q) - head(g)||^2 + ||tail(q) - tail(g)||^2
///
/// Safe to call concurrently, once prepared.
class TailDistances {
 public:
  virtual ~TailDistances() = default;
  /// Channels [0, num_head_channels) are the head.
  virtual std::size_t num_head_channels() const = 0;
  /// The head of the image's row r. @param scratch [num_head_channels], where it is written unless it is in
  /// memory already.
  virtual const float* Head(std::size_t r, float* scratch) const = 0;
  /// For how many pairs Prepare costs about as much as it saves.
  virtual std::size_t num_worthwhile_pairs() const = 0;
  /// Makes the products, on this thread alone. Called once, before the first AtLeast.
  virtual void Prepare() = 0;
  /// What the tails add to the squared distance of query row q and row r is no less than this, whatever the
  /// rounding: of the products, and of the rows themselves when they are made.
  virtual float AtLeast(std::size_t q, std::size_t r) const = 0;
};

}  // namespace touchstone
