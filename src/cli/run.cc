#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/help_format.h"
#include "cli/unknown_word.h"
#include "touchstone/app/version.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

const char kFirstSteps[] =
    "First steps:\n"
    "  touchstone sample demo\n"
    "  touchstone fit demo/train/good -o gallery --false-alarm-rate 0.05\n"
    "  touchstone score demo/test -g gallery -o results\n"
    "  touchstone evaluate results";

// `code`, or what is worse: that something written to standard output did not get there.
ExitCode FinishStandardOutput(ExitCode code) {
  std::cout.flush();
  if (std::cout) return code;
  Terminal::Error("standard output was closed or is full before all results were written to it");
  return Worse(code, ExitCode::kNoResult);
}

ExitCode RefuseUsage(const CLI::App& app, const std::string& wrong) {
  Terminal::Error(wrong + (wrong.back() == '?' ? " See " : "; see ") + RecognisedCommand(app) + " --help");
  return ExitCode::kUsage;
}

// --help and --version are no errors; everything else the parser says is a usage error.
ExitCode EndOfParsing(const CLI::App& app, const CLI::ParseError& end) {
  if (end.get_exit_code() == 0) {
    app.exit(end);
    return FinishStandardOutput(ExitCode::kDone);
  }
  std::string wrong = AboutUnknownWord(app);
  if (wrong.empty()) wrong = AboutMissingCommand(app);
  if (wrong.empty()) wrong = AboutBadNumber(app, end.what());
  if (wrong.empty()) wrong = end.what();
  return RefuseUsage(app, wrong);
}

ExitCode RunCommand(const Command& command, const CommonOptions& common) {
  CheckJsonFile(common);
  Terminal terminal(common.quiet);
  WatchForInterruption();
  ExitCode code = ExitCode::kDone;
  WithThreads(common.threads, [&] { code = command(terminal); });
  return FinishStandardOutput(code);
}

}  // namespace

ExitCode Run(int argc, const char* const* argv) {
  CommonOptions common;
  Command command;
  CLI::App app{"Shows a folder of good parts to a computer and lets it point at what is wrong in all others.",
               "touchstone"};
  app.formatter(std::make_shared<HelpFormatter>());
  app.require_subcommand(1);
  app.set_version_flag("--version", [] { return VersionReport(); });
  app.footer(kFirstSteps);
  for (const auto add :
       {AddFit, AddScore, AddEvaluate, AddBenchmark, AddExplain, AddGallery, AddModel, AddSample})
    add(&app, &common, &command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    return EndOfParsing(app, end);
  }
  if (const std::string wrong = AboutEmptyValue(app); !wrong.empty()) return RefuseUsage(app, wrong);
  return RunCommand(command, common);
}

}  // namespace touchstone
