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

/// A check for options that name a file or folder: the empty path is none.
CLI::Validator NotEmpty();

/// "256" -> 256x256, "320x240". @throws Error kOption naming the option.
Size ParseSize(const std::string& text, const std::string& option);

/// Checks, before the work, that --json=FILE can be written after it. @throws Error kUsage.
void CheckJsonFile(const CommonOptions& common);

/// Prints a document to standard output or writes it to the file, as --json says. A regular file
/// appears whole or not at all; devices, pipes and the targets of links are written in place.
/// @throws Error kIo.
void WriteJson(const CommonOptions& common, const std::string& document);

}  // namespace touchstone
