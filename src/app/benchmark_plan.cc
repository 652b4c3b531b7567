#include "app/benchmark_plan.h"

#include <nlohmann/json.hpp>

#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/list.h"
#include "touchstone/store/options_json.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kSweptNumRetrieved[] = {1, 2, 3, 5, 10, 20, 50};

BenchmarkSetting LevelSetting(const std::vector<int>& levels) {
  std::string commas, dashes;
  for (const int level : levels) {
    commas += (commas.empty() ? "" : ",") + std::to_string(level);
    dashes += "-" + std::to_string(level);
  }
  BenchmarkSetting setting{(levels.size() == 1 ? "level " : "levels ") + commas, "levels" + dashes, {}};
  setting.overrides.levels = levels;
  return setting;
}

std::vector<BenchmarkSetting> LevelSettings(const std::vector<int>& levels) {
  std::vector<BenchmarkSetting> settings;
  for (const int level : levels) settings.push_back(LevelSetting({level}));
  if (levels.size() > 1) settings.push_back(LevelSetting(levels));
  return settings;
}

std::vector<BenchmarkSetting> RetrievalSettings() {
  std::vector<BenchmarkSetting> settings;
  for (const Retrieval retrieval : {Retrieval::kNearest, Retrieval::kRandom}) {
    const std::string& name = NameOf(RetrievalNames(), retrieval);
    settings.push_back({name, "retrieval-" + name, {}});
    settings.back().overrides.retrieval = retrieval;
  }
  return settings;
}

std::vector<BenchmarkSetting> NumRetrievedSettings() {
  std::vector<BenchmarkSetting> settings;
  for (const int num_retrieved : kSweptNumRetrieved) {
    const std::string number = std::to_string(num_retrieved);
    settings.push_back({"K = " + number, "K-" + number, {}});
    settings.back().overrides.num_retrieved = num_retrieved;
  }
  return settings;
}

std::string DigestOrUnreadable(const fs::path& file) {
  try {
    return Sha256OfFile(file);
  } catch (const Error&) {
    return "unreadable";
  }
}

}  // namespace

const std::map<std::string, Ablation>& AblationNames() {
  static const std::map<std::string, Ablation> names{{"none", Ablation::kNone},
                                                     {"levels", Ablation::kLevels},
                                                     {"retrieval", Ablation::kRetrieval},
                                                     {"k", Ablation::kNumRetrieved}};
  return names;
}

std::vector<BenchmarkSetting> SettingsOf(Ablation ablation, const ScoringOptions& options) {
  switch (ablation) {
    case Ablation::kLevels:
      return LevelSettings(options.levels);
    case Ablation::kRetrieval:
      return RetrievalSettings();
    case Ablation::kNumRetrieved:
      return NumRetrievedSettings();
    case Ablation::kNone:
      break;
  }
  return {{"", "results", {}}};
}

std::string DigestOfCategory(const fs::path& root) {
  std::vector<ListedImage> files;
  std::error_code error;
  for (const char* part : {"train/good", "test", "ground_truth"}) {
    const bool is_masks = part == std::string("ground_truth");
    if (is_masks && !fs::is_directory(root / part, error)) continue;
    for (ListedImage& listed :
         ListImages(root / part, {}, is_masks ? WhenEmpty::kEmptyListing : WhenEmpty::kError).images) {
      files.push_back({listed.file, std::string(part) + '/' + listed.relative});
    }
  }
  std::vector<std::string> digests(files.size());
  ParallelFor(files.size(), [&](std::size_t i) { digests[i] = DigestOrUnreadable(files[i].file); });
  std::string text;
  for (std::size_t i = 0; i < files.size(); ++i) text += digests[i] + ' ' + files[i].relative + '\0';
  return Sha256(text.data(), text.size());
}

std::string RowKey(const BenchmarkOptions& options, const GalleryManifest& plan,
                   const BenchmarkSetting& setting, const std::string& category_digest) {
  const EvaluateOptions& evaluate = options.evaluate;
  const Json json = {
      {"touchstone_version", plan.touchstone_version},
      {"extractor", plan.extractor.sha256},
      {"preprocessing", ToJson(plan.preprocessing)},
      {"dtype", static_cast<int>(plan.dtype)},
      {"roi", plan.roi_sha256},
      {"false_alarm_rate", options.fit.false_alarm_rate},
      {"options", ToJson(Apply(setting.overrides, plan.options))},
      {"resolution", evaluate.resolution.value_or(0)},
      {"label_by_mask", evaluate.label_by_mask},
      {"bootstrap",
       {evaluate.bootstrap.num_resamples, evaluate.bootstrap.confidence, evaluate.bootstrap.seed}},
      {"files", category_digest}};
  const std::string text = json.dump();
  return Sha256(text.data(), text.size());
}

}  // namespace touchstone
