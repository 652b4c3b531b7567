#include <memory>

#include "cli/arguments.h"
#include "touchstone/app/explain.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

const char kExamples[] =
    "Examples:\n"
    "  touchstone explain parts/test/scratch/001.png -g gallery -o why.png\n"
    "  touchstone explain photo.png -g gallery -o why.png --json=why.json\n"
    "The picture: the image, its heat map, each hot spot's patch above the normal patch that is nearest to "
    "it, and\n"
    "the normal images that it was compared with. Prints score<TAB>path and a line for each hot spot.";

std::string Line(std::size_t number, const HotSpot& hot_spot) {
  const PatchMatch& match = ShownMatch(hot_spot);
  const std::string spot = "hot spot " + std::to_string(number) + " at " + std::to_string(hot_spot.x_px) +
                           "," + std::to_string(hot_spot.y_px) + ": map " + FormatNumber(hot_spot.value);
  if (!match.nearest)
    return spot + ", distance from this place's Gaussian " + FormatNumber(match.patch_score);
  return spot + ", nearest normal patch in " + Printable(match.nearest->path) + " at distance " +
         FormatNumber(match.nearest->distance);
}

ExitCode RunExplain(const ExplainOptions& given, const CommonOptions& common, Terminal& terminal) {
  ExplainOptions options = given;
  options.force = common.force;
  const Explanation explanation = Explain(options, terminal);
  WriteJson(common, ExplanationJson(explanation));
  if (common.json != "-") {
    const ImageResult& image = explanation.run.images.at(0);
    terminal.Print(FormatNumber(*image.score) + '\t' + Printable(image.path));
    for (std::size_t i = 0; i < explanation.hot_spots.size(); ++i) {
      terminal.Print(Line(i + 1, explanation.hot_spots[i]));
    }
  }
  terminal.Say("explanation: " + options.output.string());
  return ExitCode::kDone;
}

}  // namespace

void AddExplain(CLI::App* app, CommonOptions* common, Command* chosen) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* explain = app->add_subcommand("explain", "Show why an image has its score");
  explain->add_option("IMAGE", options->image, "The image to explain")->required()->check(NotEmpty());
  explain->add_option("-g,--gallery", options->gallery, "The gallery that fit wrote")
      ->required()
      ->check(NotEmpty())
      ->type_name("GALLERY");
  explain->add_option("-o,--output", options->output, "The picture to write")
      ->required()
      ->check(NotEmpty())
      ->type_name("FILE.png");
  AddRoi(explain, &options->roi, " [the gallery's]");
  AddScoringOptions(explain, &options->scoring);
  AddCommonOptions(explain, common);
  CLI::Option* seed = explain->get_option("--seed");
  explain->footer(kExamples);
  explain->callback([=] {
    if (seed->count() > 0) options->scoring.seed = common->seed;
    *chosen = [=](Terminal& terminal) { return RunExplain(*options, *common, terminal); };
  });
}

}  // namespace touchstone
