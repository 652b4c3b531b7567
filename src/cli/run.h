#pragma once

#include "cli/exit_code.h"

namespace touchstone {

/// Parses a command line and does what it says. Usage errors of the parser, and a standard output that
/// did not take everything, are said on stderr here; all other errors are thrown.
/// @return what the process returns.
ExitCode Run(int argc, const char* const* argv);

}  // namespace touchstone
