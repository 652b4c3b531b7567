#pragma once

#include <memory>
#include <vector>

#include "touchstone/backbone/extractor.h"
#include "touchstone/core/file.h"

namespace touchstone {

/// The TorchScript program of an extractor file, ready to run; LibTorch stays behind it.
/// Safe to call concurrently; every call runs on its caller's thread alone.
class Network {
 public:
  virtual ~Network() = default;

  /// One forward pass, its outputs checked against `info` and brought to the library's layout.
  /// @param input [3 * H * W] planar; the caller has checked the size.
  /// @throws Error kModel naming the output that breaks its declaration, kNotFinite naming the output that
  /// holds NaN or infinity; both without `where`.
  virtual ImageFeatures Run(const std::vector<float>& input, Size size, const ExtractorInfo& info) const = 0;
};

/// Loads, freezes, cuts off what only unwanted outputs need, and optimises.
/// @param file  let go as early as possible.
/// @param wanted  its deepest level filled in, unless it is all. @throws Error kModel, without `where`.
std::unique_ptr<Network> LoadNetwork(std::shared_ptr<const Bytes> file, const WantedOutputs& wanted);

}  // namespace touchstone
