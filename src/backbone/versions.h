#pragma once

#include <string>

namespace touchstone {

/// LibTorch and what it runs on, as BackboneVersions gives it.
std::string TorchVersions();

}  // namespace touchstone
