#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/exit_code.h"
#include "cli/terminal.h"

namespace CLI {
class App;
}

namespace touchstone {

/// The options that every command has.
struct CommonOptions {
  int threads = 0;
  std::uint64_t seed = 0;
  bool quiet = false;
  bool force = false;
  std::string json;  ///< empty = no document, "-" = standard output, otherwise a file
};

/// What a parsed command line wants done.
using Command = std::function<ExitCode(Terminal&)>;

// Each adds a command to the parser; parsing the command sets *chosen.
void AddFit(CLI::App* app, CommonOptions* common, Command* chosen);
void AddScore(CLI::App* app, CommonOptions* common, Command* chosen);
void AddEvaluate(CLI::App* app, CommonOptions* common, Command* chosen);
void AddBenchmark(CLI::App* app, CommonOptions* common, Command* chosen);
void AddExplain(CLI::App* app, CommonOptions* common, Command* chosen);
void AddGallery(CLI::App* app, CommonOptions* common, Command* chosen);
void AddModel(CLI::App* app, CommonOptions* common, Command* chosen);
void AddSample(CLI::App* app, CommonOptions* common, Command* chosen);

// The same for commands of gallery.
void AddCalibrate(CLI::App* gallery, CommonOptions* common, Command* chosen);
void AddSuspects(CLI::App* gallery, CommonOptions* common, Command* chosen);

}  // namespace touchstone
