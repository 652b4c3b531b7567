#include "app/benchmark_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/fit_plan.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/text.h"
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
  BenchmarkSetting setting{
      (levels.size() == 1 ? "level " : "levels ") + commas, "levels" + dashes, {}, {}, {}};
  setting.overrides.levels = levels;
  return setting;
}

// SPADE: each level alone, and all (the paper's Table 6). Others: every run of neighbouring levels.
std::vector<BenchmarkSetting> LevelSettings(Method method, const std::vector<int>& levels) {
  std::vector<BenchmarkSetting> settings;
  for (std::size_t size = 1; size <= levels.size(); ++size) {
    if (method == Method::kSpade && size > 1 && size < levels.size()) continue;
    for (auto first = levels.begin(); static_cast<std::size_t>(levels.end() - first) >= size; ++first) {
      settings.push_back(LevelSetting({first, first + static_cast<std::ptrdiff_t>(size)}));
    }
  }
  return settings;
}

std::vector<BenchmarkSetting> RetrievalSettings() {
  std::vector<BenchmarkSetting> settings;
  for (const Retrieval retrieval : {Retrieval::kNearest, Retrieval::kRandom}) {
    const std::string& name = NameOf(RetrievalNames(), retrieval);
    settings.push_back({name, "retrieval-" + name, {}, {}, {}});
    settings.back().overrides.retrieval = retrieval;
  }
  return settings;
}

std::vector<BenchmarkSetting> NumRetrievedSettings() {
  std::vector<BenchmarkSetting> settings;
  for (const int num_retrieved : kSweptNumRetrieved) {
    const std::string number = std::to_string(num_retrieved);
    settings.push_back({"K = " + number, "K-" + number, {}, {}, {}});
    settings.back().overrides.num_retrieved = num_retrieved;
  }
  return settings;
}

std::vector<BenchmarkSetting> SettingsOf(Ablation ablation, const ScoringOptions& options) {
  switch (ablation) {
    case Ablation::kLevels:
      return LevelSettings(options.method, options.levels);
    case Ablation::kRetrieval:
      return RetrievalSettings();
    case Ablation::kNumRetrieved:
      return NumRetrievedSettings();
    case Ablation::kNone:
      break;
  }
  return {{"", "results", {}, {}, {}}};
}

// "patchcore 10 %", in the folder "patchcore-0.1".
BenchmarkSetting MethodSetting(const GalleryManifest& plan) {
  const ScoringOptions& options = plan.options;
  const std::string method = NameOf(MethodNames(), options.method);
  std::string name, folder;
  if (options.method == Method::kPatchCore) {
    name = ' ' + ShortText(100 * options.coreset) + " %";
    folder = '-' + ShortText(options.coreset);
  }
  if (options.method == Method::kPadim) {
    name = ' ' + std::to_string(options.dims);
    folder = '-' + std::to_string(options.dims);
  }
  const std::string search =
      options.search == BankIndex::kExact ? "" : NameOf(BankIndexNames(), options.search);
  if (search.empty()) return {method + name, method + folder, {}, plan, {}};
  return {method + name + " " + search, method + folder + "-" + search, {}, plan, {}};
}

ScoringOptions AllLevels(ScoringOptions options, const ExtractorInfo& info) {
  if (!options.levels.empty()) return options;
  options.levels.resize(info.levels.size());
  std::iota(options.levels.begin(), options.levels.end(), 1);
  return options;
}

ScoringOptions WithDimsClipped(ScoringOptions options, const ExtractorInfo& info) {
  ScoringOptions filled = options;
  filled.levels = LevelsFor(options, info);
  Validate(filled, static_cast<int>(info.levels.size()));
  options.dims = std::min(options.dims, NumChannels(info, filled.levels));
  return options;
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

std::vector<BenchmarkGroup> GroupsOf(const BenchmarkOptions& options, const ExtractorInfo& info) {
  std::vector<BenchmarkGroup> groups;
  const auto plan = [&](const ScoringOptions& scoring) {
    FitOptions fit = options.fit;
    fit.scoring = scoring;
    return ManifestFor(fit, info);
  };
  for (const ScoringOptions& method : options.methods) {
    const GalleryManifest manifest = plan(WithDimsClipped(method, info));
    const bool is_there = std::any_of(groups.begin(), groups.end(), [&](const BenchmarkGroup& group) {
      return group[0].plan.options == manifest.options;
    });
    if (is_there) continue;
    groups.push_back({MethodSetting(manifest)});
    if (method.dims > manifest.options.dims) {
      groups.back()[0].remark = groups.back()[0].name + ": the levels have no more channels, " +
                                std::to_string(method.dims) + " were asked for.";
    }
  }
  if (!options.methods.empty()) return groups;
  const ScoringOptions& scoring = options.fit.scoring;
  const GalleryManifest manifest = plan(scoring);
  if (options.ablation != Ablation::kLevels || scoring.method == Method::kSpade) {
    groups.push_back(SettingsOf(options.ablation, manifest.options));
    for (BenchmarkSetting& setting : groups[0]) setting.plan = manifest;
    return groups;
  }
  for (BenchmarkSetting& setting : SettingsOf(options.ablation, AllLevels(scoring, info))) {
    ScoringOptions of_levels = scoring;
    of_levels.levels = *setting.overrides.levels;
    setting.plan = plan(WithDimsClipped(of_levels, info));
    setting.overrides = {};  // they are the gallery's
    groups.push_back({setting});
  }
  return groups;
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

std::string RowKey(const BenchmarkOptions& options, const BenchmarkSetting& setting,
                   const std::string& program_digest, const std::string& category_digest) {
  const EvaluateOptions& evaluate = options.evaluate;
  const GalleryManifest& plan = setting.plan;
  const Json json = {
      {"program", program_digest},
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
