#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "touchstone/app/version.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

const char kFirstSteps[] =
    "First steps:\n"
    "  touchstone sample demo\n"
    "  touchstone fit demo/train/good -o gallery\n"
    "  touchstone score demo/test -g gallery -o results\n"
    "  touchstone evaluate results";

// --help and --version are no errors; everything else the parser says is a usage error.
ExitCode EndOfParsing(const CLI::App& app, const CLI::ParseError& end) {
  if (end.get_exit_code() == 0) {
    app.exit(end);
    CheckStandardOutput();
    return ExitCode::kDone;
  }
  const std::vector<std::string> unknown = app.remaining();
  const bool misspelt = app.get_subcommands().empty() && !unknown.empty();
  Terminal::Error((misspelt ? "there is no command '" + unknown.front() + "'" : std::string(end.what())) +
                  "; see touchstone --help");
  return ExitCode::kUsage;
}

ExitCode RunCommand(const Command& command, const CommonOptions& common) {
  CheckJsonFile(common);
  Terminal terminal(common.quiet);
  CheckJsonTarget(common);
  WatchForInterruption();
  ExitCode code = ExitCode::kDone;
  WithThreads(common.threads, [&] { code = command(terminal); });
  CheckStandardOutput();
  return code;
}

ExitCode Main(int argc, char** argv) {
  ReserveStandardStreams();
  CommonOptions common;
  Command command;
  CLI::App app{"Shows a folder of good parts to a computer and lets it point at what is wrong in all others.",
               "touchstone"};
  app.require_subcommand(1);
  app.set_version_flag("--version", [] { return VersionReport(); });
  app.footer(kFirstSteps);
  for (const auto add : {AddFit, AddScore, AddEvaluate, AddGallery, AddModel, AddSample})
    add(&app, &common, &command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    return EndOfParsing(app, end);
  }
  return RunCommand(command, common);
}

// The one place where errors become messages and exit codes.
ExitCode Guarded(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const Error& error) {
    Terminal::Error(error.what());
    return ExitCodeOf(error.code);
  } catch (const std::exception& bug) {
    Terminal::Error(std::string("a bug in touchstone: ") + bug.what() +
                    "; please report it with the command that led here");
    return ExitCode::kBug;
  }
}

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) { return static_cast<int>(touchstone::Guarded(argc, argv)); }
