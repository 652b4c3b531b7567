#include "cli/exit_code.h"

namespace touchstone {
namespace {

int Rank(ExitCode code) {
  switch (code) {
    case ExitCode::kDone:
      return 0;
    case ExitCode::kSomeFailed:
      return 1;
    case ExitCode::kExceeded:
      return 2;
    case ExitCode::kNoResult:
      return 3;
    case ExitCode::kUsage:
      return 4;
    case ExitCode::kInterrupted:
      return 5;
    case ExitCode::kBug:
      return 6;
  }
  return 6;
}

}  // namespace

ExitCode ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kOption:
      return ExitCode::kUsage;
    case ErrorCode::kIo:
    case ErrorCode::kImage:
    case ErrorCode::kModel:
    case ErrorCode::kGallery:
    case ErrorCode::kResults:
    case ErrorCode::kShape:
    case ErrorCode::kNotFinite:
      return ExitCode::kNoResult;
  }
  return ExitCode::kBug;
}

ExitCode Worse(ExitCode a, ExitCode b) { return Rank(a) >= Rank(b) ? a : b; }

}  // namespace touchstone
