#include "cli/terminal.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace touchstone {
namespace {

// 0 if the signals that came were noted.
[[noreturn]] void End() { std::_Exit(WasInterrupted() ? 0 : 1); }

void Default() {
  for (const int number : {SIGINT, SIGTERM}) signal(number, SIG_DFL);
}

void Wait(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

TEST(WatchForInterruption, NotesTheFirstSignalOfEachKind) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT((signal(number, SIG_DFL), WatchForInterruption(), raise(number), End()),
                testing::ExitedWithCode(0), "")
        << number;
  }
  EXPECT_EXIT((WatchForInterruption(), End()), testing::ExitedWithCode(1), "");
}

TEST(WatchForInterruption, TakesTwoAtOnceForOne) {
  EXPECT_EXIT((Default(), WatchForInterruption(), raise(SIGTERM), raise(SIGINT), raise(SIGTERM), End()),
              testing::ExitedWithCode(0), "");
}

TEST(WatchForInterruption, LetsALaterOneEndTheProcess) {
  EXPECT_EXIT((Default(), WatchForInterruption(), raise(SIGINT), Wait(600), raise(SIGTERM), End()),
              testing::KilledBySignal(SIGTERM), "");
}

TEST(WatchForInterruption, LeavesIgnoredWhatWas) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT((signal(number, SIG_IGN), WatchForInterruption(), raise(number), End()),
                testing::ExitedWithCode(1), "")
        << number;
  }
}

}  // namespace
}  // namespace touchstone
