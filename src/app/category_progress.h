#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "touchstone/app/progress.h"

namespace touchstone {

/// Hands on what is reported, with the name of the category that it is about; a warning that comes again with
/// every setting of an ablation once.
class CategoryProgress : public ProgressSink {
 public:
  /// @param title for tasks: the category and how far the whole run is.
  CategoryProgress(ProgressSink& outer, std::string category, std::string title)
      : outer_(outer), category_(std::move(category)), title_(std::move(title)) {}

  void Begin(const std::string& task, std::size_t total) override {
    outer_.Begin(title_ + ": " + task, total);
  }
  void Advance() override { outer_.Advance(); }
  void End() override { outer_.End(); }
  void Warn(const std::string& message) override {
    if (said_.insert(message).second) outer_.Warn(category_ + ": " + message);
  }
  bool Interrupted() const override { return outer_.Interrupted() || GaveUp(); }

  /// From now on the work looks interrupted when this time is over; empty = never.
  void GiveUpAfter(std::optional<double> seconds) {
    deadline_.reset();
    if (seconds) deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(*seconds));
  }
  bool GaveUp() const { return deadline_ && Clock::now() >= *deadline_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  ProgressSink& outer_;
  std::string category_, title_;
  std::set<std::string> said_;
  std::optional<Clock::time_point> deadline_;
};

}  // namespace touchstone
