#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/arguments.h"
#include "cli/fit_arguments.h"
#include "touchstone/app/fit.h"
#include "touchstone/app/version.h"
#include "touchstone/core/error.h"
#include "touchstone/core/text.h"
#include "touchstone/store/thresholds_json.h"

namespace touchstone {
namespace {

const char kExamples[] =
    "Examples:\n"
    "  touchstone fit parts/train/good -o gallery\n"
    "  touchstone fit parts/train/good -o gallery --exclude 'blurred/*' --resize 320\n"
    "  touchstone fit parts/train/good -o gallery --model wide_resnet50_2 --preset paper\n"
    "Images: PNG, JPEG, BMP, TIFF, WebP, PGM/PPM; subfolders too. An EXIF orientation is not applied.";

std::string Document(const FitSummary& summary, const FitOptions& options) {
  const nlohmann::ordered_json json = {
      {"schema", "touchstone.fit/1"},
      {"touchstone_version", Version()},
      {"gallery", options.output.string()},
      {"extractor", summary.extractor_name},
      {"num_images", summary.num_images},
      {"gallery_bytes", summary.gallery_bytes},
      {"thresholds", summary.thresholds ? ToJson(*summary.thresholds) : nullptr},
      {"failed", FailedJson(summary.failed)},
      {"complete", !summary.interrupted},
      {"elapsed_s", summary.total_s}};
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void Report(const FitSummary& summary, const FitOptions& options, Terminal& terminal) {
  char text[256];
  std::snprintf(text, sizeof text,
                "%s in %.1f s (%.1f images/s; a thread spent on one: decode %.3f s, forward %.3f s, "
                "write %.3f s; leave one out %.1f s)",
                CountText(summary.num_images, "image", "images").c_str(), summary.total_s,
                static_cast<double>(summary.num_images) / summary.total_s,
                summary.times.decode_s / static_cast<double>(summary.num_images),
                summary.times.forward_s / static_cast<double>(summary.num_images),
                summary.times.write_s / static_cast<double>(summary.num_images), summary.leave_one_out_s);
  terminal.Say(text);
  terminal.Say("gallery: " + options.output.string() + " (" +
               std::to_string((summary.gallery_bytes >> 20) + 1) + " MiB, " + summary.extractor_name + ")");
  if (summary.thresholds) {
    ReportThresholds(*summary.thresholds, terminal);
    ReportNameGroups(summary.num_name_groups, terminal);
  }
  if (summary.has_random_weights) {
    terminal.Warn(
        "the extractor's weights are random: its scores mean nothing, it is for speed and smoke tests only");
  }
}

ExitCode RunFit(const FitArguments& arguments, const CommonOptions& common, Terminal& terminal) {
  const FitOptions options = Complete(arguments, common);
  const FitSummary summary = Fit(options, terminal);
  WriteJson(common, Document(summary, options));
  if (summary.interrupted) {
    terminal.Say("interrupted: no gallery was written");
    return ExitCode::kInterrupted;
  }
  Report(summary, options, terminal);
  if (summary.failed.empty()) return ExitCode::kDone;
  terminal.Say(CountText(summary.failed.size(), "image", "images") + " not read and not in the gallery");
  return ExitCode::kSomeFailed;
}

}  // namespace

void AddFit(CLI::App* app, CommonOptions* common, Command* chosen) {
  auto arguments = std::make_shared<FitArguments>();
  CLI::App* fit = app->add_subcommand("fit", "Build a gallery from a folder of good images");
  FitOptions& options = arguments->options;
  fit->add_option("NORMAL_DIR", options.input, "Folder of good images")->required()->check(NotEmpty());
  fit->add_option("-o,--output", options.output, "The gallery folder to write")
      ->required()
      ->check(NotEmpty())
      ->type_name("GALLERY");
  fit->add_option("--include", options.filter.include, "Only images whose relative path matches (repeatable)")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  fit->add_option("--exclude", options.filter.exclude, "Not images whose relative path matches (repeatable)")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  AddFalseAlarmRate(fit, &options);
  AddFitOptions(fit, arguments.get());
  AddRoi(fit, &options.roi, "");
  AddCommonOptions(fit, common);
  fit->footer(kExamples);
  fit->callback([=] { *chosen = [=](Terminal& terminal) { return RunFit(*arguments, *common, terminal); }; });
}

}  // namespace touchstone
