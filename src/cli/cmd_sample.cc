#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.h"
#include "touchstone/app/write_sample.h"

namespace touchstone {
namespace {

ExitCode RunSample(WriteSampleOptions options, const CommonOptions& common, Terminal& terminal) {
  options.seed = common.seed;
  options.force = common.force;
  const std::size_t num_images = WriteSample(options, terminal);
  const nlohmann::ordered_json json = {{"schema", "touchstone.sample/1"},
                                       {"folder", options.output.string()},
                                       {"num_images", num_images},
                                       {"generated", true}};
  WriteJson(common, json.dump(1) + "\n");
  terminal.Say(std::to_string(num_images) + " generated images (no photographs) in " +
               options.output.string());
  return ExitCode::kDone;
}

}  // namespace

void AddSample(CLI::App* app, CommonOptions* common, Command* chosen) {
  auto options = std::make_shared<WriteSampleOptions>();
  CLI::App* sample = app->add_subcommand("sample", "Write a small generated category to try the tool on");
  sample->add_option("DIR", options->output, "Folder to write: train/good, test/<defect>, ground_truth")
      ->required()
      ->check(NotEmpty());
  sample->add_option("--size", options->size, "Side of the pictures")->capture_default_str()->type_name("PX");
  AddCommonOptions(sample, common);
  sample->footer(
      "Example:\n  touchstone sample demo\nThe images are drawn, not photographed: figures on them say "
      "nothing about real parts.");
  sample->callback(
      [=] { *chosen = [=](Terminal& terminal) { return RunSample(*options, *common, terminal); }; });
}

}  // namespace touchstone
