#pragma once

#include <cstddef>

namespace touchstone {

/// The least multiple of `unit` that is not below `count`. @param unit  > 0.
constexpr std::size_t RoundUp(std::size_t count, std::size_t unit) {
  return (count + unit - 1) / unit * unit;
}

}  // namespace touchstone
