#include <iostream>
#include <memory>

#include "cli/arguments.h"
#include "touchstone/app/inspect.h"

namespace touchstone {
namespace {

using Describe = Description (*)(const std::string&);

// A command that prints the description of one thing.
void AddDescription(CLI::App* parent, const char* name, const char* help, const char* subject,
                    Describe describe, CommonOptions* common, Command* chosen) {
  auto target = std::make_shared<std::string>();
  CLI::App* command = parent->add_subcommand(name, help);
  command->add_option(subject, *target)->required()->check(NotEmpty());
  AddCommonOptions(command, common, {"--seed", "--quiet", "--force"});
  command->footer("");
  command->callback([=] {
    *chosen = [=](Terminal&) {
      const Description description = describe(*target);
      WriteJson(*common, description.json);
      if (common->json != "-") std::cout << description.text;
      return ExitCode::kDone;
    };
  });
}

}  // namespace

void AddGallery(CLI::App* app, CommonOptions* common, Command* chosen) {
  CLI::App* gallery = app->add_subcommand("gallery", "Look at a gallery, calibrate it");
  gallery->require_subcommand(1);
  AddDescription(
      gallery, "info", "What it was made of and how it scores", "GALLERY",
      [](const std::string& folder) { return DescribeGallery(folder); }, common, chosen);
  AddDescription(
      gallery, "list", "Its images: path, size, bits, SHA-256", "GALLERY",
      [](const std::string& folder) { return ListGallery(folder); }, common, chosen);
  AddDescription(
      gallery, "verify", "Check every file against its digest", "GALLERY",
      [](const std::string& folder) { return VerifyGallery(folder); }, common, chosen);
  AddCalibrate(gallery, common, chosen);
  AddSuspects(gallery, common, chosen);
}

void AddModel(CLI::App* app, CommonOptions* common, Command* chosen) {
  CLI::App* model = app->add_subcommand("model", "Look at an extractor");
  model->require_subcommand(1);
  AddDescription(model, "info", "Digest, levels, shapes, preprocessing", "FILE|NAME", DescribeModel, common,
                 chosen);
}

}  // namespace touchstone
