#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>

#include "cli/arguments.h"
#include "touchstone/app/evaluate.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

const char kOwnSchema[] = "touchstone";
const char kMvtecSchema[] = "mvtec";
const char kLocoSchema[] = "mvtec-loco";

struct EvaluateArguments {
  EvaluateOptions options;
  std::string schema = kOwnSchema;
};

const char kExamples[] =
    "Examples:\n"
    "  touchstone evaluate results\n"
    "  touchstone evaluate results --ground-truth parts/ground_truth --resolution 256\n"
    "  touchstone evaluate --maps anomaly_maps --dataset mvtec_ad --json=metrics.json\n"
    "  touchstone evaluate --maps anomaly_maps --dataset mvtec_ad --schema mvtec --label-by-mask --json";

// The figures may take minutes: whether they can be written is found out before them. A folder that is not
// there is Evaluate's to name.
void CheckMetricsFile(const std::filesystem::path& results) {
  std::error_code error;
  if (!std::filesystem::is_directory(results, error) || access(results.c_str(), W_OK) == 0) return;
  throw Error(ErrorCode::kIo,
              std::string("cannot be written (") + std::strerror(errno) + "); make its folder writable",
              results / "metrics.json");
}

ExitCode RunEvaluate(const EvaluateArguments& arguments, const CommonOptions& common, Terminal& terminal) {
  EvaluateOptions options = arguments.options;
  options.bootstrap.seed = common.seed;
  if (!options.results.empty()) CheckMetricsFile(options.results);
  const MetricsReport report = Evaluate(options, terminal);
  if (report.interrupted) {
    terminal.Say("interrupted: no metrics were written");
    return ExitCode::kInterrupted;
  }
  const std::string document = arguments.schema == kMvtecSchema  ? MvtecMetricsJson(report)
                               : arguments.schema == kLocoSchema ? LocoMetricsJson(report)
                                                                 : MetricsJson(report);
  if (!options.results.empty()) {
    WriteFileAtomically(options.results / "metrics.json", document);
    RewriteReport(options, report);
    terminal.Say("metrics: " + (options.results / "metrics.json").string() +
                 "; to look at: " + (options.results / "report.html").string());
  }
  WriteJson(common, document);
  if (common.json != "-") std::cout << MetricsTable(report);
  return ExitCode::kDone;
}

// What is evaluated: a results folder, or maps and the images that they are of.
void AddSubject(CLI::App* evaluate, EvaluateOptions* options) {
  CLI::Option* results = evaluate
                             ->add_option("RESULTS", options->results,
                                          "A results folder; metrics.json and report.html are written to it")
                             ->check(NotEmpty());
  CLI::Option* maps =
      evaluate
          ->add_option("--maps", options->maps, "Anybody's maps: MAPS/<category>/test/<defect>/<stem>.tiff")
          ->type_name("MAPS")
          ->check(NotEmpty())
          ->excludes(results);
  CLI::Option* dataset =
      evaluate
          ->add_option("--dataset", options->dataset, "Their images: ROOT/<category>/test/<defect>/<stem>.*")
          ->type_name("ROOT")
          ->check(NotEmpty())
          ->needs(maps);
  maps->needs(dataset);
}

}  // namespace

void AddEvaluate(CLI::App* app, CommonOptions* common, Command* chosen) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* evaluate =
      app->add_subcommand("evaluate", "Compare scores and maps with ground truth: ROCAUC and PRO");
  EvaluateOptions& options = arguments->options;
  AddSubject(evaluate, &options);
  evaluate
      ->add_option("--ground-truth", options.ground_truth,
                   "Folder of masks, <defect>/<stem>_mask.* [ground_truth beside test]")
      ->type_name("DIR")
      ->check(NotEmpty());
  evaluate
      ->add_option("--pro-limit", options.pro_limit,
                   "False-positive rate up to which PRO is integrated (0.05 is always reported too)")
      ->capture_default_str()
      ->type_name("RATE");
  AddComparisonOptions(evaluate, &options);
  evaluate
      ->add_option("--schema", arguments->schema,
                   "Form of the JSON: ours, or that of the scripts of MVTec AD or MVTec LOCO AD")
      ->check(CLI::IsMember({kOwnSchema, kMvtecSchema, kLocoSchema}))
      ->capture_default_str()
      ->type_name("touchstone|mvtec|mvtec-loco");
  AddCommonOptions(evaluate, common, {"--force"});
  evaluate->footer(kExamples);
  evaluate->callback([=] {
    if (evaluate->count("RESULTS") == 0 && evaluate->count("--maps") == 0)
      throw CLI::RequiredError("RESULTS, or --maps and --dataset,");
    *chosen = [=](Terminal& terminal) { return RunEvaluate(*arguments, *common, terminal); };
  });
}

}  // namespace touchstone
