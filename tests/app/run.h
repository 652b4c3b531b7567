#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "touchstone/app/evaluate.h"
#include "touchstone/app/fit.h"
#include "touchstone/app/progress.h"
#include "touchstone/app/score.h"
#include "touchstone/core/parallel.h"

namespace touchstone {

/// Remembers warnings; asks to stop after `stop_after` items, if that is set.
class RecordingSink : public ProgressSink {
 public:
  explicit RecordingSink(int stop_after = -1) : stop_after_(stop_after) {}
  void Begin(const std::string& task, std::size_t) override { tasks.push_back(task); }
  void Advance() override { ++num_items; }
  void End() override {}
  void Warn(const std::string& message) override { warnings.push_back(message); }
  bool Interrupted() const override { return stop_after_ >= 0 && num_items >= stop_after_; }

  bool Warned(const std::string& part) const {
    for (const std::string& warning : warnings) {
      if (warning.find(part) != std::string::npos) return true;
    }
    return false;
  }

  std::vector<std::string> tasks, warnings;
  std::atomic<int> num_items{0};

 private:
  int stop_after_;
};

/// To fit <root>/train into <root>/gallery, and to score <root>/test into <root>/results, with an extractor
/// that only averages pixels.
inline FitOptions SmallFit(const std::filesystem::path& root) {
  FitOptions options;
  options.input = root / "train";
  options.output = root / "gallery";
  options.model = std::string(TOUCHSTONE_TEST_DATA) + "/golden/extractors/good.pt";
  options.resize = {32, 24};
  return options;
}
inline ScoreOptions SmallScore(const std::filesystem::path& root) {
  ScoreOptions options;
  options.inputs = {(root / "test").string()};
  options.gallery = root / "gallery";
  options.output = root / "results";
  return options;
}

inline FitSummary RunFit(const FitOptions& options, int threads = 2) {
  RecordingSink sink;
  FitSummary summary;
  WithThreads(threads, [&] { summary = Fit(options, sink); });
  return summary;
}

inline ScoreSummary RunScore(const ScoreOptions& options, RecordingSink* sink, int threads = 2,
                             std::vector<std::string>* handed_over = nullptr) {
  ScoreSummary summary;
  const auto take = [&](const ImageResult& result) {
    if (handed_over != nullptr) handed_over->push_back(result.path);
  };
  WithThreads(threads, [&] { summary = Score(options, *sink, take); });
  return summary;
}

}  // namespace touchstone
