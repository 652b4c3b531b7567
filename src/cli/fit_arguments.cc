#include "cli/fit_arguments.h"

#include "cli/arguments.h"

namespace touchstone {

void AddFitOptions(CLI::App* command, FitArguments* arguments) {
  FitOptions& options = arguments->options;
  command
      ->add_option("--model", options.model,
                   "Extractor: a name or a TorchScript file (which is code: use files you trust)")
      ->check(NotEmpty())
      ->capture_default_str()
      ->type_name("NAME|FILE.pt");
  command->add_option("--method", arguments->method, "How images are compared")
      ->check(CLI::IsMember({"spade"}))
      ->capture_default_str();
  command
      ->add_option("--preset", arguments->preset,
                   "default: 256x256, no crop; paper: crop 224, image score retrieval")
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
  if (paper && !scoring.image_score) scoring.image_score = ImageScore::kRetrieval;
  const std::string resize = given.resize.empty() ? "256" : given.resize;
  const std::string crop = given.crop.empty() ? (paper ? "224" : "none") : given.crop;
  options.resize = ParseSize(resize, "--resize");
  if (crop != "none") options.crop = ParseSize(crop, "--crop");
  options.dtype = given.dtype == "float16" ? TensorType::kFloat16 : TensorType::kFloat32;
  options.scoring = Apply(scoring, {});
  options.scoring.seed = common.seed;
  options.force = common.force;
  return options;
}

}  // namespace touchstone
