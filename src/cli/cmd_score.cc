#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/standard_input.h"
#include "touchstone/app/score.h"
#include "touchstone/core/error.h"
#include "touchstone/core/text.h"

namespace touchstone {
namespace {

struct ScoreArguments {
  ScoreOptions options;
  bool no_maps = false, no_heatmaps = false;
  std::optional<HeatmapStyle> heatmap_style;
  std::string gate;  // empty = none, "-" = at the gallery's false-alarm rate
  std::optional<double> fail_above;
  std::string fail_on;
};

const char kExamples[] =
    "Examples:\n"
    "  touchstone score parts/test -g gallery -o results\n"
    "  touchstone score photo.png -g gallery -o results --fail-above 2500\n"
    "  touchstone score parts/test -g gallery -o results --fail-on anomalous\n"
    "  find /camera -newer last -name '*.png' | touchstone score - -g gallery -o results\n"
    "Prints score<TAB>path, higher = more anomalous. Each path on standard input gets a line, in order, "
    "with\n"
    "an empty score if it could not be scored; one that comes again is scored anew, and its files are "
    "replaced.\n"
    "An EXIF orientation is not applied.\n"
    "Exit codes: 0 done, 1 no result, 2 usage, 3 some images failed, 4 --fail-above or --fail-on (whether\n"
    "or not some failed too), 130 interrupted. Of several: 130, 1, 4, 3.";

bool HasThreshold(const Results& results) { return results.thresholds && results.thresholds->score; }

// "verdicts: 3 anomalous, 20 normal (threshold ...)"; nothing where all are undecided, which a warning said.
void ReportVerdicts(const Results& results, Terminal& terminal) {
  if (!HasThreshold(results)) return;
  std::size_t num_anomalous = 0, num_normal = 0, num_gated = 0;
  for (const ImageResult& image : results.images) {
    num_anomalous += image.verdict == "anomalous";
    num_normal += image.verdict == "normal";
    num_gated += image.is_gated;
  }
  std::string text = "verdicts: " + std::to_string(num_anomalous) + " anomalous, " +
                     std::to_string(num_normal) + " normal (threshold " +
                     FormatNumber(*results.thresholds->score) + ", " +
                     NameOf(EvidenceNames(), results.thresholds->evidence) + " for " +
                     Percent(results.thresholds->rate) + " false alarms)";
  if (results.gate)
    text += "; " + std::to_string(num_gated) + " were called normal by their retrieval score alone";
  terminal.Say(text);
}

bool AllFailed(const ScoreSummary& summary) { return summary.num_failed > 0 && summary.num_scored == 0; }

void Report(const ScoreSummary& summary, const ScoreOptions& options, Terminal& terminal) {
  if (summary.num_scored > 0) {
    const auto per_image = [&](double seconds) { return seconds / static_cast<double>(summary.num_scored); };
    char text[256];
    std::snprintf(text, sizeof text,
                  "%s in %.1f s (%.1f images/s; a thread spent on one: decode %.3f s, forward %.3f s, search "
                  "%.3f s, maps and files %.3f s)",
                  CountText(summary.num_scored, "image", "images").c_str(), summary.total_s,
                  static_cast<double>(summary.num_scored) / summary.total_s,
                  per_image(summary.times.decode_s), per_image(summary.times.forward_s),
                  per_image(summary.times.search_s), per_image(summary.times.write_s));
    terminal.Say(text);
  }
  ReportVerdicts(summary.results, terminal);
  if (summary.num_failed > 0) terminal.Say(CountText(summary.num_failed, "image", "images") + " failed");
  if (AllFailed(summary) && !summary.interrupted) {
    Terminal::Error("of " + CountText(summary.num_failed, "image", "images") +
                    " none has a score (each is named above, and in results.json)");
  }
  terminal.Say("results: " + options.output.string() +
               (summary.interrupted ? " (interrupted: not complete)" : "") +
               "; to look at: " + (options.output / "report.html").string());
}

// Whether --fail-above or --fail-on is about this image.
bool Exceeds(const ImageResult& image, const ScoreArguments& arguments) {
  // The number as it is shown: a limit copied from there is not exceeded by it.
  const bool above =
      arguments.fail_above && image.score && std::stod(FormatNumber(*image.score)) > *arguments.fail_above;
  return above || (!arguments.fail_on.empty() && image.verdict == "anomalous");
}

ExitCode CodeOf(const ScoreSummary& summary, bool exceeded) {
  ExitCode code = exceeded ? ExitCode::kExceeded : ExitCode::kDone;
  if (summary.num_failed > 0) code = Worse(code, ExitCode::kSomeFailed);
  if (AllFailed(summary)) code = Worse(code, ExitCode::kNoResult);
  if (summary.interrupted) code = Worse(code, ExitCode::kInterrupted);
  return code;
}

// "score<TAB>path". On standard input a path is a question, and whoever asks may wait for its answer: where
// there is no score, the line has none. In a folder nobody waits, and such an image has no line.
void PrintAnswer(const ImageResult& image, bool is_asked, Terminal& terminal) {
  if (image.failed() && !is_asked) return;
  terminal.Print((image.score ? FormatNumber(*image.score) : "") + '\t' + Printable(image.path));
}

double GateRate(const std::string& text) {
  double rate = 0;
  if (CLI::detail::lexical_cast(text, rate)) return rate;
  throw Error(ErrorCode::kOption, "--gate=" + text + ": must be a number, such as 0.5");
}

// "--gate 0.5": the rate went among the inputs.
void CheckGateIsJoined(const ScoreArguments& arguments) {
  if (arguments.gate != "-") return;
  double rate = 0;
  std::error_code error;
  for (const std::string& input : arguments.options.inputs) {
    if (!CLI::detail::lexical_cast(input, rate) || std::filesystem::exists(input, error)) continue;
    throw Error(ErrorCode::kUsage,
                "--gate " + input + ": the rate is joined with '='; write --gate=" + input);
  }
}

ExitCode RunScore(const ScoreArguments& arguments, const CommonOptions& common, Terminal& terminal) {
  if (arguments.fail_above && !std::isfinite(*arguments.fail_above)) {
    throw Error(ErrorCode::kOption,
                "--fail-above " + std::to_string(*arguments.fail_above) + ": must be a finite number");
  }
  CheckGateIsJoined(arguments);
  ScoreOptions options = arguments.options;
  options.force = common.force;
  options.needs_verdicts = !arguments.fail_on.empty();
  options.write_maps = !arguments.no_maps;
  options.write_heatmaps = !arguments.no_heatmaps;
  options.heatmap_style = arguments.heatmap_style.value_or(options.heatmap_style);
  options.gate = !arguments.gate.empty();
  if (options.gate && arguments.gate != "-") options.gate_rate = GateRate(arguments.gate);
  StandardInput standard_input;
  std::istream paths(&standard_input);
  options.paths = &paths;
  const bool prints_lines = common.json != "-", is_asked = options.inputs[0] == "-";
  bool exceeded = false;
  const ScoreSummary summary = Score(options, terminal, [&](const ImageResult& image) {
    exceeded |= Exceeds(image, arguments);
    if (prints_lines) PrintAnswer(image, is_asked, terminal);
  });
  if (summary.results.images.empty() && !summary.interrupted) {
    throw Error(ErrorCode::kIo, "standard input ended without naming an image; give one path a line");
  }
  WriteJson(common, ResultsJson(summary.results));
  Report(summary, options, terminal);
  return CodeOf(summary, exceeded);
}

// What is written beside the scores.
void AddPictures(CLI::App* score, ScoreArguments* arguments) {
  CLI::Option* maps =
      score->add_option("--maps", arguments->options.maps_dir, "Folder for the raw maps [RESULTS/maps]")
          ->type_name("DIR")
          ->check(NotEmpty());
  score->add_flag("--no-maps", arguments->no_maps, "Write no raw maps (TIFF)")->excludes(maps);
  CLI::Option* style = AddNamed(score, "--heatmap-style", &arguments->heatmap_style, HeatmapStyleNames(),
                                "overlay: colours over the photograph; map: colours alone; contour: of what "
                                "is anomalous; side-by-side: photograph, overlay and scale [overlay]");
  score->add_flag("--no-heatmaps", arguments->no_heatmaps, "Write no heat maps (PNG)")->excludes(style);
}

// What is made of the scores.
void AddJudgement(CLI::App* score, ScoreArguments* arguments) {
  score
      ->add_flag("--gate{-}", arguments->gate,
                 "spade: no patch search for images whose retrieval score is at most what this share of good "
                 "images exceeds: they are normal, their maps and scores 0 [the false-alarm rate]")
      ->type_name("[=RATE]");
  score->add_option("--fail-above", arguments->fail_above, "Exit with 4 if a score is above this")
      ->type_name("S");
  score
      ->add_option("--fail-on", arguments->fail_on,
                   "Exit with 4 if a verdict is this; refused where all would be undecided")
      ->check(CLI::IsMember({"anomalous"}));
}

}  // namespace

void AddScore(CLI::App* app, CommonOptions* common, Command* chosen) {
  auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* score =
      app->add_subcommand("score", "Compare images with a gallery: scores, anomaly maps, heat maps");
  ScoreOptions& options = arguments->options;
  score
      ->add_option("INPUT", options.inputs,
                   "Folders and files; - reads paths from standard input, one a line")
      ->required()
      ->check(NotEmpty());
  score->add_option("-g,--gallery", options.gallery, "The gallery that fit wrote")
      ->required()
      ->check(NotEmpty())
      ->type_name("GALLERY");
  score->add_option("-o,--output", options.output, "The results folder to write")
      ->required()
      ->check(NotEmpty())
      ->type_name("RESULTS");
  AddPictures(score, arguments.get());
  AddJudgement(score, arguments.get());
  AddRoi(score, &options.roi, " [the gallery's]");
  AddScoringOptions(score, &options.scoring);
  AddCommonOptions(score, common);
  CLI::Option* seed = score->get_option("--seed");
  score->footer(kExamples);
  score->callback([=] {
    if (seed->count() > 0) arguments->options.scoring.seed = common->seed;
    *chosen = [=](Terminal& terminal) { return RunScore(*arguments, *common, terminal); };
  });
}

}  // namespace touchstone
