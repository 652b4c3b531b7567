#pragma once

#include "touchstone/core/error.h"

namespace touchstone {

/// What the process returns; part of the interface.
enum class ExitCode {
  kDone = 0,        ///< finished; finding defects is not failing
  kNoResult = 1,    ///< I/O error, bad gallery or model, no image readable, too little memory
  kUsage = 2,       ///< unknown option, value out of range, missing or existing path
  kSomeFailed = 3,  ///< finished, but some images failed
  kExceeded = 4,    ///< --fail-above or --fail-on found something
  kBug = 70,        ///< a broken promise inside our own code
  kInterrupted = 130
};

ExitCode ExitCodeOf(ErrorCode code);

/// The one that the process returns where both apply: 70 > 130 > 2 > 1 > 4 > 3 > 0.
ExitCode Worse(ExitCode a, ExitCode b);

}  // namespace touchstone
