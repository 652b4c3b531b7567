#include "touchstone/app/benchmark.h"

#include <cmath>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "app/benchmark_figures.h"
#include "app/benchmark_plan.h"
#include "app/category_progress.h"
#include "app/evaluated_images.h"
#include "app/fit_plan.h"
#include "app/interruption.h"
#include "app/output_folder.h"
#include "touchstone/app/score.h"
#include "touchstone/app/version.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/text.h"
#include "touchstone/core/usage.h"
#include "touchstone/image/roi.h"
#include "touchstone/methods/thresholds.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr char kMarker[] = "benchmark.json";
constexpr char kRowFile[] = "benchmark_row.json";
constexpr char kMetricsFile[] = "metrics.json";

// Removes a folder when the work on it ends, however it ends.
class Disposable {
 public:
  Disposable(fs::path folder, KeptFiles kept) : folder_(std::move(folder)), kept_(kept) {}
  Disposable(const Disposable&) = delete;
  Disposable& operator=(const Disposable&) = delete;
  ~Disposable() {
    std::error_code ignored;
    if (kept_ == KeptFiles::kResults) fs::remove_all(folder_, ignored);
  }
  const fs::path& path() const { return folder_; }

 private:
  fs::path folder_;
  KeptFiles kept_;
};

struct Category {
  std::string name;
  fs::path root;
};

// The options belong to all categories, and so does an extractor that cannot be loaded.
bool EndsTheRun(const Error& error) {
  return error.code == ErrorCode::kOption || error.code == ErrorCode::kModel;
}

// What a stretch of work took, from the construction on.
class CostMeter {
 public:
  void Take(std::optional<double>* seconds, std::optional<double>* cpu_seconds,
            std::optional<double>* peak_bytes, double items) {
    *seconds = watch_.Lap() / items;
    *cpu_seconds = (CpuSeconds() - cpu_s_) / items;
    if (const auto bytes = peak_.Bytes()) *peak_bytes = static_cast<double>(*bytes);
  }

 private:
  PeakMemory peak_;
  double cpu_s_ = CpuSeconds();
  StopWatch watch_;
};

class BenchmarkRun {
 public:
  BenchmarkRun(const BenchmarkOptions& options, ProgressSink& progress,
               const std::function<void(const BenchmarkRow&, RowOrigin)>& on_row)
      : options_(options), progress_(progress), on_row_(on_row) {}

  BenchmarkSummary Run() {
    for (const auto& [name, root] : CategoriesOf(options_.root, "ROOT")) categories_.push_back({name, root});
    MakePlan();
    MakeWritableFolder(options_.output);
    WarnOfReplacedRows();
    WriteTables();  // marks the folder as ours, and the run as not complete
    try {
      for (std::size_t i = 0; i < categories_.size(); ++i) RunCategory(i);
      summary_.report.complete = true;
    } catch (const Interruption&) {
      summary_.interrupted = true;
    }
    WriteTables();
    return std::move(summary_);
  }

 private:
  // Everything that can be known, and refused, before an image is read.
  void MakePlan() {
    const std::optional<Mask> roi = ReadRoi(options_.fit.roi);
    const fs::path model = FindModel(options_.fit.model);
    if (const auto info = PeekInfo(model)) (void)GroupsOf(options_, *info);  // refuses before the loading
    ExtractorFile file = ExtractorFile::Read(model);
    const std::string sha256 = file.Sha256();
    const Extractor extractor = Extractor::Load(std::move(file));
    Validate(PreprocessingFrom(options_.fit, extractor.info()));
    groups_ = GroupsOf(options_, extractor.info());
    for (BenchmarkGroup& group : groups_) {
      for (BenchmarkSetting& setting : group) {
        setting.plan.extractor.sha256 = sha256;
        setting.plan.roi_sha256 = roi ? RoiDigest(*roi) : "";
        if (!setting.remark.empty()) summary_.report.remarks.push_back(setting.remark);
      }
    }
    const GalleryManifest& first = groups_.front().front().plan;
    BenchmarkReport& report = summary_.report;
    report.kind = HasGalleriesOfTheirOwn() ? BenchmarkKind::kMethods : BenchmarkKind::kOptions;
    report.touchstone_version = first.touchstone_version;
    report.extractor_name = first.extractor.name;
    report.extractor_sha256 = first.extractor.sha256;
    report.has_random_weights = extractor.info().has_random_weights();
    report.preprocessing = first.preprocessing;
    report.false_alarm_rate = options_.fit.false_alarm_rate;
    report.roi_sha256 = first.roi_sha256;
    report.options = first.options;
    const std::optional<int> resolution = options_.evaluate.resolution;
    report.resolution = resolution ? std::to_string(*resolution) : "original";
    report.bootstrap = options_.evaluate.bootstrap;
    program_digest_ = ProgramDigest();
  }

  // The tables in the output folder become those of this command.
  void WarnOfReplacedRows() const {
    std::set<std::pair<std::string, std::string>> made;
    for (const Category& category : categories_) {
      for (const BenchmarkGroup& group : groups_) {
        for (const BenchmarkSetting& setting : group) made.insert({category.name, setting.name});
      }
    }
    std::vector<std::string> replaced;
    for (const auto& row : ReadBenchmarkRows(options_.output / kMarker)) {
      const auto& [category, setting] = row;
      if (made.count(row) == 0) replaced.push_back(category + (setting.empty() ? "" : ": " + setting));
    }
    if (replaced.empty()) return;
    progress_.Warn(
        "the tables in " + options_.output.string() + " had " + CountText(replaced.size(), "row", "rows") +
        " that this command does not make (" + FirstNames(replaced) +
        "): they are replaced; the command of those rows brings them back from what it measured, and "
        "an -o of its own keeps both");
  }

  // Rows of the same names, whose figures go for good.
  void WarnOfOtherRows() {
    if (std::exchange(warned_of_other_rows_, true)) return;
    progress_.Warn(
        "rows in " + options_.output.string() +
        " are of other files or options, or of another build of touchstone: they are measured anew "
        "and replaced; an -o of its own keeps both");
  }

  bool HasGalleriesOfTheirOwn() const {
    return !options_.methods.empty() || (options_.ablation != Ablation::kNone && groups_.size() > 1);
  }
  bool HasThresholds() const { return options_.ablation == Ablation::kNone && options_.methods.empty(); }

  // "cable (2 of 15, about 31 min left)"
  std::string TitleOf(std::size_t index) {
    std::string title = Printable(categories_[index].name) + " (" + std::to_string(index + 1) + " of " +
                        std::to_string(categories_.size());
    if (num_run_ > 0) {
      const double per_category_s = run_s_ / static_cast<double>(num_run_);
      const double left_s = per_category_s * static_cast<double>(categories_.size() - index);
      title += ", about " + std::to_string(std::lround(std::ceil(left_s / 60))) + " min left";
    }
    return title + ")";
  }

  void RunCategory(std::size_t index) {
    const Category& category = categories_[index];
    CategoryProgress progress(progress_, category.name, TitleOf(index));
    StopWatch watch;
    bool ran = false;
    for (const BenchmarkGroup& group : groups_) ran |= TryGroup(category, group, progress);
    if (!ran) return WriteTables();
    run_s_ += watch.Lap();
    ++num_run_;
    WriteTables();
  }

  // @return whether anything was run, and not all taken over.
  bool TryGroup(const Category& category, const BenchmarkGroup& group, CategoryProgress& progress) {
    std::vector<BenchmarkRow>& rows = summary_.report.rows;
    const std::size_t first = rows.size();
    bool ran = true;
    try {
      ran = RunGroup(category, group, progress);
    } catch (const Error& error) {
      if (EndsTheRun(error)) throw;
      progress.Warn((group.size() == 1 && !group[0].name.empty() ? group[0].name + ": " : "") + error.what());
      for (std::size_t i = rows.size() - first; i < group.size(); ++i) {
        BenchmarkRow row = RowOf(category, group[i]);
        row.error = error.what();
        ++summary_.num_failed_rows;
        Record(row, RowOrigin::kThisRun);
      }
    }
    if (groups_.size() > 1) WriteTables();
    return ran;
  }

  bool RunGroup(const Category& category, const BenchmarkGroup& group, CategoryProgress& progress) {
    StopIfInterrupted(progress_);
    const std::string digest = DigestOfCategory(category.root);
    const std::string folder = groups_.size() == 1 ? "gallery" : group[0].folder + "-gallery";
    const Disposable gallery(FolderOf(category) / folder, options_.kept);
    std::optional<FitSummary> fit;
    BenchmarkCosts costs;
    for (const BenchmarkSetting& setting : group) {
      const std::string key = RowKey(options_, setting, program_digest_, digest);
      const std::optional<BenchmarkRow> earlier = EarlierRow(category, setting, key);
      if (earlier) {
        Record(*earlier, RowOrigin::kEarlierRun);
        continue;
      }
      progress.GiveUpAfter(options_.time_limit_s);
      if (!fit) fit = FitCategory(category, setting, gallery.path(), progress, &costs);
      BenchmarkRow row = RowOf(category, setting);
      row.costs = costs;
      row.num_train = fit->num_images;
      RunSetting(category, setting, gallery.path(), progress, &row);
      row.num_failed += fit->failed.size();
      WriteFileAtomically(FolderOf(category) / setting.folder / kRowFile, BenchmarkRowJson(row, key));
      Record(row, RowOrigin::kThisRun);
    }
    return fit.has_value();
  }

  static BenchmarkRow RowOf(const Category& category, const BenchmarkSetting& setting) {
    BenchmarkRow row;
    row.category = category.name;
    row.setting = setting.name;
    row.options = Apply(setting.overrides, setting.plan.options);
    return row;
  }

  std::optional<BenchmarkRow> EarlierRow(const Category& category, const BenchmarkSetting& setting,
                                         const std::string& key) {
    const fs::path folder = FolderOf(category) / setting.folder;
    std::error_code error;
    if (options_.force || !fs::exists(folder / kMetricsFile, error)) return std::nullopt;
    std::optional<BenchmarkRow> row = ReadBenchmarkRow(folder / kRowFile, key);
    if (!row) {
      if (fs::exists(folder / kRowFile, error)) WarnOfOtherRows();
      return std::nullopt;
    }
    const BenchmarkRow now = RowOf(category, setting);  // the same bytes may lie under another name now
    row->category = now.category;
    row->setting = now.setting;
    row->options = now.options;
    return row;
  }

  // @param costs of fit, where rows have costs.
  FitSummary FitCategory(const Category& category, const BenchmarkSetting& setting, const fs::path& gallery,
                         CategoryProgress& progress, BenchmarkCosts* costs) const {
    FitOptions fit = options_.fit;
    fit.input = category.root / "train" / "good";
    fit.output = gallery;
    fit.force = true;
    fit.scoring = setting.plan.options;
    fit.estimates_thresholds = HasThresholds();
    RemoveLeftovers(gallery);  // of a run that was killed
    CostMeter meter;
    const FitSummary summary = Fit(fit, progress);
    StopAfter(summary.interrupted, progress);
    if (!HasGalleriesOfTheirOwn()) return summary;
    meter.Take(&costs->fit_s, &costs->fit_cpu_s, &costs->fit_peak_bytes, 1);
    costs->gallery_bytes = static_cast<double>(summary.gallery_bytes);
    return summary;
  }

  void RunSetting(const Category& category, const BenchmarkSetting& setting, const fs::path& gallery,
                  CategoryProgress& progress, BenchmarkRow* row) const {
    const fs::path results = FolderOf(category) / setting.folder;
    const Disposable maps(results / "maps", options_.kept);
    ScoreOptions score;
    score.inputs = {(category.root / "test").string()};
    score.gallery = gallery;
    score.output = results;
    score.write_heatmaps = false;
    score.force = true;
    score.wants_verdicts = HasThresholds();
    score.scoring = setting.overrides;
    CostMeter meter;
    const ScoreSummary scored = Score(score, progress, [](const ImageResult&) {});
    StopAfter(scored.interrupted, progress);
    if (HasGalleriesOfTheirOwn()) {
      BenchmarkCosts& costs = row->costs;
      const double num_images = static_cast<double>(scored.results.images.size());
      meter.Take(&costs.image_s, &costs.image_cpu_s, &costs.score_peak_bytes, num_images);
    }
    row->num_failed = scored.num_failed;
    EvaluateOptions evaluate = options_.evaluate;
    evaluate.results = results;
    progress.GiveUpAfter(std::nullopt);
    const MetricsReport metrics = Evaluate(evaluate, progress);
    if (metrics.interrupted) throw Interruption{};
    TakeFigures(metrics, row);
    TakeVerdicts(scored.results, &row->figures);
    WriteFileAtomically(results / kMetricsFile, MetricsJson(metrics));
    RewriteReport(evaluate, metrics);
  }

  // The user ended the run, or the time of the row was over.
  void StopAfter(bool interrupted, const CategoryProgress& progress) const {
    if (!interrupted) return;
    StopIfInterrupted(progress_);
    if (!progress.GaveUp()) throw Interruption{};
    throw Error(ErrorCode::kResults,
                "not done in " + ShortText(*options_.time_limit_s / 60) + " min, the --time-limit of a row");
  }

  void Record(const BenchmarkRow& row, RowOrigin origin) {
    summary_.num_failed_images += row.num_failed;
    summary_.report.rows.push_back(row);
    on_row_(row, origin);
  }

  void WriteTables() const {
    WriteFileAtomically(options_.output / "benchmark.csv", BenchmarkCsv(summary_.report));
    WriteFileAtomically(options_.output / "benchmark.md", BenchmarkMarkdown(summary_.report));
    WriteFileAtomically(options_.output / kMarker, BenchmarkJson(summary_.report));
  }

  fs::path FolderOf(const Category& category) const { return options_.output / category.name; }

  const BenchmarkOptions& options_;
  ProgressSink& progress_;
  const std::function<void(const BenchmarkRow&, RowOrigin)>& on_row_;
  std::string program_digest_;
  bool warned_of_other_rows_ = false;
  std::vector<Category> categories_;
  std::vector<BenchmarkGroup> groups_;  ///< never empty
  double run_s_ = 0;                    ///< spent on the num_run_ categories that were run
  std::size_t num_run_ = 0;
  BenchmarkSummary summary_;
};

void CheckAblation(const BenchmarkOptions& options) {
  if (options.ablation == Ablation::kNone) return;
  if (!options.methods.empty()) {
    throw Error(ErrorCode::kOption, "--ablation: is of one method; leave out --methods or --ablation");
  }
  if (options.ablation != Ablation::kLevels && options.fit.scoring.method != Method::kSpade) {
    throw Error(ErrorCode::kOption, "--ablation " + NameOf(AblationNames(), options.ablation) +
                                        ": is of SPADE's options; leave out --method or --ablation");
  }
}

}  // namespace

BenchmarkSummary Benchmark(const BenchmarkOptions& options, ProgressSink& progress,
                           const std::function<void(const BenchmarkRow&, RowOrigin)>& on_row) {
  Validate(options.evaluate);
  Validate(options.fit.scoring, 1 << 10);
  ValidateFalseAlarmRate(options.fit.false_alarm_rate);
  for (const ScoringOptions& method : options.methods) Validate(method, 1 << 10);
  CheckAblation(options);
  CheckOutputFolder(options.output, kMarker, true);  // an earlier run of ours is continued
  CheckHoldsNone(options.output, {options.root, options.fit.roi});
  CheckInNone(options.output, {options.root});
  return BenchmarkRun(options, progress, on_row).Run();
}

}  // namespace touchstone
