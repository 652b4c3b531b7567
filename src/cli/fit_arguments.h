#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "touchstone/app/fit.h"
#include "touchstone/app/score.h"

namespace touchstone {

/// How galleries are built, as fit and benchmark are told.
struct FitArguments {
  FitOptions options;
  ScoringOverrides scoring;
  std::string preset = "default", resize, crop, dtype = "float32";
  std::optional<Method> method;  ///< [spade]
  MethodOverrides model;
};

/// Adds the extractor, the preprocessing and the scoring options.
void AddFitOptions(CLI::App* command, FitArguments* arguments);

/// Adds --false-alarm-rate.
void AddFalseAlarmRate(CLI::App* command, FitOptions* options);

/// The options with what the preset fills in. @throws Error kOption.
FitOptions Complete(const FitArguments& given, const CommonOptions& common);

}  // namespace touchstone
