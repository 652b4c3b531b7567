#pragma once

#include <optional>
#include <string>

namespace touchstone {

/// One figure, or the reason why there is none. Never NaN, and never 0 in place of "undefined".
struct Metric {
  std::optional<double> value;  ///< empty where the figure is undefined
  std::string reason;           ///< why; empty where there is a value
};

}  // namespace touchstone
