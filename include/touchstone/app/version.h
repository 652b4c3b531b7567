#pragma once

#include <string>

namespace touchstone {

/// "0.1.0".
std::string Version();

/// What --version prints: the version, the libraries it runs on, the CPU features in use.
std::string VersionReport();

}  // namespace touchstone
