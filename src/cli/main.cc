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
    return RunCommand(command, common);
  } catch (const CLI::ParseError& end) {
    return EndOfParsing(app, end);
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

int main(int argc, char** argv) { return static_cast<int>(touchstone::Main(argc, argv)); }
