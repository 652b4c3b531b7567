#include <iostream>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/fit_arguments.h"
#include "cli/method_list.h"
#include "touchstone/app/benchmark.h"

namespace touchstone {
namespace {

struct BenchmarkArguments {
  FitArguments fit;
  BenchmarkOptions options;
  std::optional<Ablation> ablation;
  std::string methods;
  double time_limit_min = 0;  ///< 0 = none
  bool keep = false;
};

const char kExamples[] =
    "Examples:\n"
    "  touchstone benchmark mvtec_ad -o benchmark\n"
    "  touchstone benchmark mvtec_ad -o benchmark-paper --model wide_resnet50_2 --preset paper --resolution "
    "256\n"
    "  touchstone benchmark mvtec_ad -o benchmark-k --ablation k\n"
    "  touchstone benchmark mvtec_ad -o benchmark-methods --methods all\n"
    "A category is a folder of ROOT with train/good, test/<defect> and ground_truth. The same command again "
    "goes\n"
    "on where an earlier run ended: what is done and unchanged is not done again (but with --force).\n"
    "Exit codes: 0 done, 1 no result, 2 usage, 3 some categories or images failed, 130 interrupted.";

void Report(const BenchmarkRow& row, RowOrigin origin, Terminal& terminal) {
  if (!row.error.empty()) return;  // a warning said so
  terminal.Say(row.category + (row.setting.empty() ? "" : ", " + row.setting) +
               (origin == RowOrigin::kEarlierRun ? ": unchanged, taken from an earlier run" : ": done"));
}

ExitCode Judge(const BenchmarkSummary& summary) {
  ExitCode code = ExitCode::kDone;
  const std::size_t num_rows = summary.report.rows.size();
  if (summary.num_failed_rows > 0 || summary.num_failed_images > 0) code = ExitCode::kSomeFailed;
  if (num_rows > 0 && summary.num_failed_rows == num_rows) code = Worse(code, ExitCode::kNoResult);
  if (summary.interrupted) code = Worse(code, ExitCode::kInterrupted);
  return code;
}

ExitCode RunBenchmark(const BenchmarkArguments& arguments, const CommonOptions& common, Terminal& terminal) {
  BenchmarkOptions options = arguments.options;
  FitArguments fit = arguments.fit;
  if (!arguments.methods.empty()) {
    options.methods = MethodsFrom(arguments.methods, fit, common);
    fit.scoring = {};  // they are in each of the methods
    fit.model = {};
  }
  options.fit = Complete(fit, common);
  options.evaluate.bootstrap.seed = common.seed;
  options.ablation = arguments.ablation.value_or(options.ablation);
  if (arguments.time_limit_min > 0) options.time_limit_s = arguments.time_limit_min * 60;
  options.kept = arguments.keep ? KeptFiles::kAllFiles : KeptFiles::kResults;
  options.force = common.force;
  const BenchmarkSummary summary = Benchmark(
      options, terminal, [&](const BenchmarkRow& row, RowOrigin origin) { Report(row, origin, terminal); });
  WriteJson(common, BenchmarkJson(summary.report));
  if (common.json != "-") std::cout << BenchmarkTable(summary.report);
  terminal.Say("tables: " + (options.output / "benchmark.md").string() + ", .csv and .json");
  return Judge(summary);
}

}  // namespace

void AddBenchmark(CLI::App* app, CommonOptions* common, Command* chosen) {
  auto arguments = std::make_shared<BenchmarkArguments>();
  CLI::App* benchmark = app->add_subcommand(
      "benchmark",
      "Fit, score and evaluate every category of a data set: a table beside the published figures");
  BenchmarkOptions& options = arguments->options;
  benchmark->add_option("ROOT", options.root, "Root of an MVTec-layout data set, or one category")
      ->required()
      ->check(NotEmpty());
  benchmark
      ->add_option("-o,--output", options.output, "Folder for tables and results; may hold an earlier run")
      ->required()
      ->check(NotEmpty())
      ->type_name("OUT");
  AddNamed(benchmark, "--ablation", &arguments->ablation, AblationNames(),
           "A row for each of: pyramid levels alone and together; of spade also nearest and random images, "
           "or K = 1, 2, 3, 5, 10, 20, 50 [none]");
  benchmark
      ->add_option(
          "--methods", arguments->methods,
          "A row for each, with what it costs: all, or some of spade, patchcore:SHARE, patchcore:ivfpq, "
          "padim:DIMS")
      ->check(NotEmpty())
      ->type_name("all|LIST");
  benchmark
      ->add_option("--time-limit", arguments->time_limit_min,
                   "Give up a row that takes longer, and say so [none]")
      ->check(CLI::PositiveNumber)
      ->type_name("MINUTES");
  benchmark->add_flag("--keep", arguments->keep, "Keep galleries and raw maps too: gigabytes");
  AddFitOptions(benchmark, &arguments->fit);
  AddFalseAlarmRate(benchmark, &arguments->fit.options);
  AddRoi(benchmark, &arguments->fit.options.roi, "; one mask for all categories");
  AddComparisonOptions(benchmark, &options.evaluate);
  AddCommonOptions(benchmark, common);
  benchmark->footer(kExamples);
  benchmark->callback(
      [=] { *chosen = [=](Terminal& terminal) { return RunBenchmark(*arguments, *common, terminal); }; });
}

}  // namespace touchstone
