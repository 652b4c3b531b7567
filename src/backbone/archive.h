#pragma once

#include <string>

#include "touchstone/core/file.h"

namespace touchstone {

/// The text of the extra file touchstone.json in a TorchScript file.
/// @throws Error kModel, without `where`: the file is empty, is no TorchScript file, is damaged, or carries
/// no description (says how to export one that does).
std::string ReadDescription(const Bytes& file);

}  // namespace touchstone
