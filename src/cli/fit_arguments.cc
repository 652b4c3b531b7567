#include "cli/fit_arguments.h"

#include "cli/arguments.h"

namespace touchstone {

namespace {

void AddMethodOptions(CLI::App* command, MethodOverrides* model) {
  const std::vector<CLI::Option*> options = {
      command
          ->add_option("--coreset", model->coreset,
                       "patchcore: share of all patches that is kept [0.1; with --search ivfpq 1]")
          ->type_name("SHARE"),
      AddNamed(
          command, "--pooling", &model->pooling, PoolingNames(),
          "patchcore: a patch is the mean of 3x3 places, or what the authors' code makes of them [paper]"),
      command
          ->add_option(
              "--reweight-neighbors", model->reweight_neighbors,
              "patchcore: neighbours of the nearest patch that weigh an image's score; 0 = none do [9]")
          ->type_name("N"),
      AddNamed(command, "--search", &model->search, BankIndexNames(),
               "patchcore: the nearest patch, or nearly the nearest by compressed patches [exact]"),
      command
          ->add_option(
              "--dims", model->dims,
              "padim: channels drawn from all levels [100; wide_resnet50_2: 550; all where there are fewer]")
          ->type_name("N")};
  for (CLI::Option* option : options) option->group("Options of patchcore and padim");
}

}  // namespace

void AddFitOptions(CLI::App* command, FitArguments* arguments) {
  FitOptions& options = arguments->options;
  command
      ->add_option("--model", options.model,
                   "Extractor: a name or a TorchScript file (which is code: use files you trust)")
      ->check(NotEmpty())
      ->capture_default_str()
      ->type_name("NAME|FILE.pt");
  AddNamed(command, "--method", &arguments->method, MethodNames(),
           "How images are compared: spade, with the patches of similar images; patchcore, with patches kept "
           "of all images; padim, with a Gaussian for each place [spade]");
  command
      ->add_option("--preset", arguments->preset,
                   "default: 256x256, no crop; paper: crop 224, and the paper's image score")
      ->check(CLI::IsMember({"default", "paper"}))
      ->capture_default_str();
  command->add_option("--resize", arguments->resize, "Size that images are resized to [256]")
      ->type_name("N|WxH");
  command->add_option("--crop", arguments->crop, "Centre of the resized image to look at [none]")
      ->type_name("N|WxH|none");
  command->add_option("--dtype", arguments->dtype, "How the gallery keeps numbers")
      ->check(CLI::IsMember({"float32", "float16"}))
      ->capture_default_str();
  command
      ->add_option("--white-level", options.white_level,
                   "For images of more than 8 bits: the value that is white; 1023 for 10 bits, 4095 for 12")
      ->capture_default_str()
      ->type_name("V");
  AddScoringOptions(command, &arguments->scoring);
  AddMethodOptions(command, &arguments->model);
}

void AddFalseAlarmRate(CLI::App* command, FitOptions* options) {
  command
      ->add_option("--false-alarm-rate", options->false_alarm_rate,
                   "Share of good images that may be called anomalous; decides the thresholds")
      ->capture_default_str()
      ->type_name("RATE");
}

FitOptions Complete(const FitArguments& given, const CommonOptions& common) {
  FitOptions options = given.options;
  ScoringOverrides scoring = given.scoring;
  const bool paper = given.preset == "paper";
  const Method method = given.method.value_or(Method::kSpade);
  CheckBelong(scoring, method);
  CheckBelong(given.model, method);
  if (!scoring.image_score) {
    const bool by_map = !paper && method == Method::kSpade;
    scoring.image_score = by_map ? ImageScore::kMapMax : PaperImageScore(method);
  }
  const std::string resize = given.resize.empty() ? "256" : given.resize;
  const std::string crop = given.crop.empty() ? (paper ? "224" : "none") : given.crop;
  options.resize = ParseSize(resize, "--resize");
  if (crop != "none") options.crop = ParseSize(crop, "--crop");
  options.dtype = given.dtype == "float16" ? TensorType::kFloat16 : TensorType::kFloat32;
  ScoringOptions defaults;
  defaults.method = method;
  options.scoring = Apply(given.model, Apply(scoring, defaults));
  options.scoring.seed = common.seed;
  options.force = common.force;
  return options;
}

}  // namespace touchstone
