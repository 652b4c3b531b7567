#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "cli/exit_code.h"
#include "cli/run.h"
#include "cli/terminal.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

// The one place where errors become messages and exit codes.
ExitCode Guarded(int argc, char** argv) {
  try {
    ReserveStandardStreams();
    return Run(argc, argv);
  } catch (const Error& error) {
    Terminal::Error(error.what());
    return ExitCodeOf(error.code);
  } catch (const std::bad_alloc&) {
    Terminal::Error(
        "there is not enough memory; fewer --threads and smaller images need less, and so does a gallery "
        "fitted with a smaller --resize");
    return ExitCode::kNoResult;
  } catch (const std::exception& bug) {
    Terminal::Error(std::string("a bug in touchstone: ") + bug.what() +
                    "; please report it with the command that led here");
    return ExitCode::kBug;
  }
}

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) {
  const touchstone::ExitCode code = touchstone::Guarded(argc, argv);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which report at an ordinary end
  // LibTorch needs a fifth of a second to take itself apart, and nobody waits for anything but the end.
  std::cout.flush();
  std::_Exit(static_cast<int>(code));
#endif
  return static_cast<int>(code);
}
