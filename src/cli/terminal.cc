#include "cli/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>

#include "touchstone/core/text.h"

namespace touchstone {
namespace {

// When the first signal came; 0 = none has. The one piece of state that a signal handler may touch.
std::atomic<std::int64_t> interrupted_ms{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "a signal handler sets it");

std::int64_t MonotonicMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000 + 1;  // never 0
}

// The second one ends the process, unless it follows at once: `timeout` sends one to the process and one to
// its group.
void NoteInterruption(int number) {
  constexpr std::int64_t kOneEvent_ms = 500;
  const std::int64_t now = MonotonicMs();
  std::int64_t first = 0;
  if (interrupted_ms.compare_exchange_strong(first, now) || now - first <= kOneEvent_ms) return;
  signal(number, SIG_DFL);
  raise(number);
}

// Not where whoever started us has the signal ignored, as nohup and a shell's background do.
void Note(int number) {
  struct sigaction action {};
  struct sigaction old {};
  action.sa_handler = NoteInterruption;
  sigaction(number, nullptr, &old);
  if (old.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
}

std::string Clocked(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace

Terminal::Terminal(bool quiet) : quiet_(quiet), draws_(!quiet && isatty(STDERR_FILENO) != 0) {}

void Terminal::Begin(const std::string& task, std::size_t total) {
  task_ = task;
  total_ = total;
  done_ = 0;
  begin_ = Clock::now();
  drawn_ = begin_ - std::chrono::seconds(1);
}

void Terminal::Advance() {
  ++done_;
  const auto now = Clock::now();
  if (draws_ && (now - drawn_ >= std::chrono::milliseconds(100) || done_ == total_)) {
    drawn_ = now;
    Draw();
  }
}

void Terminal::Draw() {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, total_ > 0 ? "%zu/%zu" : "%zu", done_, total_);
  std::string line = task_ + ": " + numbers;
  std::snprintf(numbers, sizeof numbers, ", %.1f images/s", rate);
  line += numbers;
  if (total_ > done_ && rate > 0)
    line += ", " + Clocked(static_cast<double>(total_ - done_) / rate) + " left";
  std::cerr << "\r\033[K" << line << std::flush;
  visible_ = true;
}

void Terminal::Clear() {
  if (visible_) std::cerr << "\r\033[K" << std::flush;
  visible_ = false;
}

void Terminal::End() { Clear(); }

void Terminal::Warn(const std::string& message) {
  if (quiet_) return;
  Clear();
  std::cerr << "touchstone: warning: " << Printable(message) << std::endl;
}

bool Terminal::Interrupted() const { return WasInterrupted(); }

void Terminal::Say(const std::string& message) {
  if (!quiet_) std::cerr << Printable(message) << std::endl;
}

void Terminal::Print(const std::string& line) {
  Clear();  // where stdout is the same terminal, the progress line would be glued to it
  std::cout << line << std::endl;
}

void Terminal::Error(const std::string& message) {
  std::cerr << "touchstone: error: " << Printable(message) << std::endl;
}

bool WasInterrupted() { return interrupted_ms != 0; }

void WatchForInterruption() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) Note(number);
  signal(SIGPIPE, SIG_IGN);  // a closed standard output is an error like any other
  signal(SIGXFSZ, SIG_IGN);  // and so is a file that may not grow further
}

void ReserveStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // The wrong way round, so that using it still fails. The lowest free descriptor is `stream`.
    const int opened = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened != stream && opened >= 0) close(opened);
  }
}

}  // namespace touchstone
