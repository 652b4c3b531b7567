#include "cli/arguments.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"

namespace touchstone {
namespace {

// What is written to as it is: /dev/null, /dev/fd/3 and the like, because to put a file in their place, as
// for other files, would take them away from everybody else; and what a symbolic link names.
bool IsWrittenInPlace(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  return (std::filesystem::exists(status) && std::filesystem::is_other(status)) ||
         std::filesystem::is_symlink(std::filesystem::symlink_status(file, error));
}

// The file itself, or the one that a link to it names; absolute.
std::filesystem::path LinkTarget(const std::filesystem::path& file) {
  const std::filesystem::path path = std::filesystem::absolute(file);
  std::error_code error;
  const std::filesystem::path target = std::filesystem::read_symlink(path, error);
  return error ? path : path.parent_path() / target;
}

void WriteInto(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text << std::flush;
  if (!stream) throw Error(ErrorCode::kIo, "--json: cannot be written to", file);
}

// "original" -> nothing, "256" -> 256.
std::optional<int> ParseResolution(const std::string& text) {
  if (text == "original") return std::nullopt;
  const Size side = ParseSize(text, "--resolution");
  if (side.width != side.height) {
    throw Error(ErrorCode::kOption, "--resolution " + text + ": must be 'original' or one side N");
  }
  return side.width;
}

// The parser would take "-1" for 2^64 - 1, and what is larger likewise.
CLI::Validator IsSeed() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        std::uint64_t seed = 0;
        const char* end = text.data() + text.size();
        const auto [after, error] = std::from_chars(text.data(), end, seed);
        if (error == std::errc() && after == end) return "";
        return text + " is not a whole number from 0 to 18446744073709551615";
      },
      "");
}

}  // namespace

void AddCommonOptions(CLI::App* command, CommonOptions* common,
                      const std::vector<std::string>& without_effect) {
  const char* group = "Common options";
  command
      ->add_option("--threads", common->threads, "Threads to use; 0 = all cores. Results do not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
  command
      ->add_option(
          "--seed", common->seed,
          "Seed of what is random: pictures of sample, --retrieval random, intervals, images left out "
          "in turn, patchcore's projection, padim's channels")
      ->check(IsSeed())
      ->capture_default_str()
      ->type_name("N")
      ->group(group);
  command->add_flag("--quiet", common->quiet, "No progress and no warnings")->group(group);
  command->add_flag("--force", common->force, "Replace an existing output of ours")->group(group);
  command->add_flag("--json{-}", common->json, "One JSON document, on standard output or into FILE")
      ->type_name("[=FILE]")
      ->group(group);
  for (const std::string& option : without_effect) command->get_option(option)->group("");  // hidden
}

void AddScoringOptions(CLI::App* command, ScoringOverrides* overrides) {
  const std::vector<CLI::Option*> options = {
      command
          ->add_option(
              "-K,--num-retrieved", overrides->num_retrieved,
              "spade: normal images that an image is compared with, patch by patch; clipped to the gallery "
              "[50]")
          ->type_name("N"),
      command
          ->add_option("-k,--num-neighbors", overrides->num_neighbors,
                       "spade: nearest patches averaged for a patch's score [1]")
          ->type_name("N"),
      command
          ->add_option("--sigma", overrides->sigma,
                       "Smoothing of the map, in pixels of the network's input; 0 = none [4]")
          ->type_name("PX"),
      AddNamed(command, "--fusion", &overrides->fusion, FusionNames(),
               "spade: one search over all levels joined (concat) or one for each [concat]"),
      AddNamed(command, "--distance", &overrides->distance, DistanceNames(),
               "spade: Euclidean distance, l2, or its square, l2sq [l2sq]"),
      command
          ->add_option("--levels", overrides->levels,
                       "Pyramid levels to use, finest first; of patchcore and padim at fit alone [the "
                       "extractor's default]")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->type_name("1,2,3"),
      AddNamed(command, "--retrieval", &overrides->retrieval, RetrievalNames(),
               "spade: normal images to compare with: the nearest, or random ones for ablations [nearest]"),
      AddNamed(command, "--image-score", &overrides->image_score, ImageScoreNames(),
               "What decides about an image: its map's maximum, patchcore's re-weighted distance of its "
               "farthest patch, or spade's to the retrieved images [map-max; patchcore: patch-max]")};
  for (CLI::Option* option : options)
    option->group("Scoring options (fit stores them, score may override them)");
}

void AddRoi(CLI::App* command, std::filesystem::path* file, const std::string& standard) {
  command
      ->add_option(
          "--roi", *file,
          "Mask: where it is black, images are left out of maps, regions and map-max and patch-max scores "
          "(retrieval sees all); resized to each image" +
              standard)
      ->check(NotEmpty())
      ->type_name("MASK.png");
}

void ReportThresholds(const Thresholds& thresholds, Terminal& terminal) {
  const std::string why = WhyNoThreshold(thresholds.num_images, thresholds.rate);
  if (!why.empty()) {
    terminal.Warn("verdicts will be undecided: " + why);
    return;
  }
  terminal.Say("threshold: " + FormatNumber(*thresholds.score) + " (" +
               NameOf(EvidenceNames(), thresholds.evidence) + " for " + Percent(thresholds.rate) +
               " false alarms, from " + thresholds.source + ")");
}

void ReportNameGroups(std::size_t num_groups, Terminal& terminal) {
  if (num_groups == 0) return;
  terminal.Say(
      "note: by their names these images are of " + std::to_string(num_groups) +
      " groups. If that is so (clips, batches), and images to come are of other groups, the threshold may "
      "promise too much: gallery calibrate with images of as many other groups as you have");
}

nlohmann::ordered_json FailedJson(const std::vector<FailedImage>& failed) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const FailedImage& image : failed)
    json.push_back({{"path", image.path}, {"code", image.code}, {"message", image.message}});
  return json;
}

void AddComparisonOptions(CLI::App* command, EvaluateOptions* options) {
  command
      ->add_option_function<std::string>(
          "--resolution", [options](const std::string& text) { options->resolution = ParseResolution(text); },
          "Compare at original size, or map (bilinear) and mask (nearest) at NxN")
      ->default_str("original")
      ->type_name("original|N");
  options->bootstrap.num_resamples = 1000;
  command
      ->add_option("--bootstrap", options->bootstrap.num_resamples,
                   "Draws of the images for confidence intervals of all figures; 0 = no intervals")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--confidence", options->bootstrap.confidence, "Confidence of these intervals")
      ->capture_default_str()
      ->type_name("SHARE");
  command->add_flag("--label-by-mask", options->label_by_mask,
                    "Anomalous = any mask pixel, as in the official scripts, not the folder's name");
}

CLI::Validator NotEmpty() {
  return CLI::Validator([](std::string& text) { return text.empty() ? "must not be empty" : ""; }, "");
}

Size ParseSize(const std::string& text, const std::string& option) {
  const std::string digits = "0123456789";
  const std::size_t x = text.find('x');
  const std::string width = text.substr(0, x), height = x == std::string::npos ? width : text.substr(x + 1);
  const auto is_number = [&](const std::string& s) {
    return !s.empty() && s.size() <= 6 && s.find_first_not_of(digits) == std::string::npos;
  };
  if (!is_number(width) || !is_number(height)) {
    throw Error(ErrorCode::kOption,
                option + " " + text + ": must be a side in pixels, as 256, or WIDTHxHEIGHT, as 320x240");
  }
  return {std::stoi(width), std::stoi(height)};
}

// Not a photograph that was named by mistake: an earlier document, or nothing.
bool MayBeReplacedByJson(const std::filesystem::path& file) {
  std::ifstream stream(file);
  char first = '{';
  stream >> first;
  return first == '{';
}

void CheckJsonFile(const CommonOptions& common) {
  if (common.json.empty() || common.json == "-") return;
  std::error_code error;
  if (std::filesystem::is_directory(common.json, error)) {
    throw Error(ErrorCode::kUsage, "--json: is a folder; name a file", common.json);
  }
  if (IsWrittenInPlace(common.json) && std::filesystem::exists(common.json, error)) {
    if (access(common.json.c_str(), W_OK) == 0) return;
    throw Error(ErrorCode::kUsage, "--json: may not be written to; name another file", common.json);
  }
  if (std::filesystem::is_regular_file(common.json, error) && !MayBeReplacedByJson(common.json)) {
    throw Error(ErrorCode::kUsage, "--json: exists and is no JSON document; name another file", common.json);
  }
  const std::filesystem::path folder = LinkTarget(common.json).parent_path();
  if (!std::filesystem::is_directory(folder, error) || access(folder.c_str(), W_OK) != 0) {
    throw Error(ErrorCode::kUsage,
                "--json: there is no such folder, or it may not be written to; name another file", folder);
  }
}

void WriteJson(const CommonOptions& common, const std::string& document) {
  if (common.json.empty()) return;
  if (common.json == "-") {
    std::cout << document;
  } else if (IsWrittenInPlace(common.json)) {
    WriteInto(common.json, document);
  } else {
    WriteFileAtomically(common.json, document);
  }
}

}  // namespace touchstone
