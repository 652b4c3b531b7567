#pragma once

#include <chrono>
#include <string>

#include "touchstone/app/progress.h"

namespace touchstone {

/// Talks to a person on stderr: a progress line with rate and time left where stderr is a
/// terminal, warnings always but with `quiet`. Nothing else in the program writes there.
class Terminal : public ProgressSink {
 public:
  explicit Terminal(bool quiet);
  ~Terminal() override { Clear(); }  ///< so that nothing, such as an error, is glued to a progress line
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void Begin(const std::string& task, std::size_t total) override;
  void Advance() override;
  void End() override;
  void Warn(const std::string& message) override;
  bool Interrupted() const override;

  void Say(const std::string& message);  ///< a line of talk; not with `quiet`
  void Print(const std::string& line);   ///< a line of result, on stdout; flushed, somebody may wait for it
  static void Error(const std::string& message);  ///< "touchstone: error: ...", always

 private:
  using Clock = std::chrono::steady_clock;
  void Draw();
  void Clear();

  bool quiet_;
  bool draws_;
  std::string task_;
  std::size_t total_ = 0, done_ = 0;
  Clock::time_point begin_, drawn_;
  bool visible_ = false;
};

/// From now on the first Ctrl-C (or SIGTERM, or SIGHUP) is only noted; one that comes more than half a second
/// later ends the process. Signals that the process was started to ignore stay ignored.
void WatchForInterruption();

/// Whether that Ctrl-C has come. Safe to call from any thread.
bool WasInterrupted();

/// Occupies the standard streams that the caller closed, so that no file of ours gets a number under
/// which text for people is written.
void ReserveStandardStreams();

}  // namespace touchstone
