#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "touchstone/app/calibrate.h"
#include "touchstone/core/text.h"
#include "touchstone/report/results.h"
#include "touchstone/store/thresholds_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

ExitCode RunCalibrate(const CalibrateOptions& options, const CommonOptions& common, Terminal& terminal) {
  const CalibrateSummary summary = Calibrate(options, terminal);
  if (summary.interrupted) {
    terminal.Say("interrupted: the gallery is as it was");
    return ExitCode::kInterrupted;
  }
  WriteJson(common, Dump({{"schema", "touchstone.calibration/1"},
                          {"gallery", options.gallery.string()},
                          {"thresholds", ToJson(summary.thresholds)},
                          {"failed", FailedJson(summary.failed)}}));
  ReportThresholds(summary.thresholds, terminal);
  ReportNameGroups(summary.num_name_groups, terminal);
  return summary.failed.empty() ? ExitCode::kDone : ExitCode::kSomeFailed;
}

ExitCode RunSuspects(const std::string& gallery, const CommonOptions& common, Terminal& terminal) {
  const std::vector<Suspect> suspects = FindSuspects(gallery, terminal);
  if (suspects.empty()) {
    terminal.Say("interrupted");
    return ExitCode::kInterrupted;
  }
  Json images = Json::array();
  for (const Suspect& suspect : suspects) {
    images.push_back({{"path", suspect.path}, {"score", suspect.score}});
    if (common.json != "-") terminal.Print(FormatNumber(suspect.score) + '\t' + Printable(suspect.path));
  }
  WriteJson(common,
            Dump({{"schema", "touchstone.gallery-suspects/1"}, {"gallery", gallery}, {"images", images}}));
  return ExitCode::kDone;
}

}  // namespace

void AddCalibrate(CLI::App* gallery, CommonOptions* common, Command* chosen) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* calibrate = gallery->add_subcommand(
      "calibrate", "Make thresholds from good images that the gallery has not seen: these hold a guarantee");
  calibrate->add_option("GALLERY", options->gallery)->required()->check(NotEmpty());
  calibrate->add_option("DIR", options->input, "Folder of good images")->required()->check(NotEmpty());
  calibrate
      ->add_option("--false-alarm-rate", options->false_alarm_rate,
                   "Share of good images that may be called anomalous [as the gallery's]")
      ->type_name("RATE");
  AddCommonOptions(calibrate, common, {"--seed", "--force"});
  calibrate->footer("");
  calibrate->callback(
      [=] { *chosen = [=](Terminal& terminal) { return RunCalibrate(*options, *common, terminal); }; });
}

void AddSuspects(CLI::App* gallery, CommonOptions* common, Command* chosen) {
  auto folder = std::make_shared<std::string>();
  CLI::App* suspects = gallery->add_subcommand(
      "suspects", "Its images, those least like the others first (is a bad part among the good ones?)");
  suspects->add_option("GALLERY", *folder)->required()->check(NotEmpty());
  AddCommonOptions(suspects, common, {"--seed", "--force"});
  suspects->footer("");
  suspects->callback(
      [=] { *chosen = [=](Terminal& terminal) { return RunSuspects(*folder, *common, terminal); }; });
}

}  // namespace touchstone
