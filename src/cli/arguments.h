#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "touchstone/app/score.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// Adds --threads, --seed, --quiet, --force and --json to a command.
void AddCommonOptions(CLI::App* command, CommonOptions* common);

/// Adds the scoring options of fit and score. Values that are not given stay empty.
void AddScoringOptions(CLI::App* command, ScoringOverrides* overrides);

/// "256" -> 256x256, "320x240". @throws Error kOption naming the option.
Size ParseSize(const std::string& text, const std::string& option);

/// Checks, before the work, that --json=FILE can be written after it. @throws Error kUsage, kIo.
void CheckJsonFile(const CommonOptions& common);

/// Before the work starts: @throws Error kIo if the file that --json names could not be written.
void CheckJsonTarget(const CommonOptions& common);

/// Prints a document to standard output or writes it to the file, as --json says.
void WriteJson(const CommonOptions& common, const std::string& document);

/// @throws Error kIo if something written to standard output did not get there.
void CheckStandardOutput();

}  // namespace touchstone
