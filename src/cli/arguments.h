#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "touchstone/app/evaluate.h"
#include "touchstone/app/fit.h"
#include "touchstone/app/score.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// Adds an option whose value is one of a table's names; they are listed where the value is not one.
template <typename Enum>
CLI::Option* AddNamed(CLI::App* command, const std::string& flag, std::optional<Enum>* target,
                      const std::map<std::string, Enum>& names, const std::string& help) {
  std::string allowed;
  for (const auto& entry : names) allowed += (allowed.empty() ? "" : "|") + entry.first;
  return command
      ->add_option_function<std::string>(
          flag,
          [target, &names, flag, allowed](const std::string& text) {
            const auto found = names.find(text);
            if (found == names.end()) {
              throw CLI::ValidationError(flag + " " + text, "must be one of " + allowed);
            }
            *target = found->second;
          },
          help)
      ->type_name(allowed);
}

/// Adds --threads, --seed, --quiet, --force and --json to a command. Every command takes all of them, so that
/// a script may give them to any. @param without_effect  those that change nothing here, which the help
/// leaves out.
void AddCommonOptions(CLI::App* command, CommonOptions* common,
                      const std::vector<std::string>& without_effect = {});

/// Adds the scoring options of fit and score. Values that are not given stay empty.
void AddScoringOptions(CLI::App* command, ScoringOverrides* overrides);

/// Adds --roi. @param standard what is looked at without it, for the help.
void AddRoi(CLI::App* command, std::filesystem::path* file, const std::string& standard);

/// Says what thresholds a gallery has got, or warns that it has none and why.
void ReportThresholds(const Thresholds& thresholds, Terminal& terminal);

/// Says, where images' names fall into groups, what that means for a threshold that was made with them.
void ReportNameGroups(std::size_t num_groups, Terminal& terminal);

/// What --json says of images that could not be used.
nlohmann::ordered_json FailedJson(const std::vector<FailedImage>& failed);

/// Adds how evaluate and benchmark compare with ground truth: resolution, intervals, labels.
void AddComparisonOptions(CLI::App* command, EvaluateOptions* options);

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
