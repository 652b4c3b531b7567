#pragma once

#include <cstdint>
#include <vector>

namespace touchstone {

/// The taps of one axis of an antialiased bilinear resize (formula: touchstone/image/resize.h), for
/// the outputs begin .. end - 1 of `target`. Output i of them reads num_taps[i] source values from
/// first[i] on; its weights are at [i * stride]. The rest of a row of weights is 0.
struct ResizeFilter {
  int stride = 0;  ///< even: the kernels take taps in pairs
  std::vector<int> first;
  std::vector<int> num_taps;
  std::vector<double> weights;  ///< sum 1 in each row

  int num_outputs() const { return static_cast<int>(first.size()); }
  int source_begin() const { return first.front(); }                 ///< the first source value read
  int source_end() const { return first.back() + num_taps.back(); }  ///< one past the last
};

ResizeFilter MakeResizeFilter(int source, int target, int begin, int end);

inline constexpr int kWeightBits = 22;  // 32 bits less 8 of the value less 2 to be safe

/// The weights as fixed-point numbers of kWeightBits fractional bits, in [0, 2^22], and the same
/// split as low + high * 2^15, so that both parts fit a signed 16-bit multiplication.
struct FixedWeights {
  explicit FixedWeights(const ResizeFilter& filter);
  std::vector<std::int32_t> whole;
  std::vector<std::int16_t> low;
  std::vector<std::int16_t> high;
};

inline constexpr int kLowWeightBits = 15;

}  // namespace touchstone
