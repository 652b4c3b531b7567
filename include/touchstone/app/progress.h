#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace touchstone {

/// Where long work reports to. Called from one thread at a time, except Interrupted.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  /// A stretch of work begins. @param total items to come; 0 = not known.
  virtual void Begin(const std::string& task, std::size_t total) = 0;
  virtual void Advance() = 0;  ///< one item is done
  virtual void End() = 0;
  virtual void Warn(const std::string& message) = 0;
  /// Whether the user asked to stop. Polled between images; may be called from any thread.
  virtual bool Interrupted() const = 0;
};

/// Seconds spent in each stage of the work on one image or, added up, on all of them (thread
/// seconds: with two threads about two of them pass in one second of the clock).
struct StageTimes {
  double decode_s = 0;   ///< read, digest, decode, resize, normalise
  double forward_s = 0;  ///< the extractor
  double search_s = 0;   ///< retrieval and patch search
  double write_s = 0;    ///< anomaly map, heat map, encoding, files
  StageTimes& operator+=(const StageTimes& other) {
    decode_s += other.decode_s;
    forward_s += other.forward_s;
    search_s += other.search_s;
    write_s += other.write_s;
    return *this;
  }
};

/// Measures consecutive stretches: each call gives the seconds since the one before.
class StopWatch {
 public:
  double Lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace touchstone
