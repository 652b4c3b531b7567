#pragma once

#include <string>

namespace touchstone {

/// "0.1.0".
std::string Version();

/// What --version prints: the version, the libraries it runs on, the CPU features in use.
std::string VersionReport();

/// The SHA-256 digest of the running program and of those shared libraries that are parts of it: of this very
/// build. @throws Error kIo if the program or one of them cannot be read.
std::string ProgramDigest();

}  // namespace touchstone
