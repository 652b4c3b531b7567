#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace touchstone {

/// The main of a benchmark program: nothing is timed before `check` has compared the results with a
/// reference. What `check` throws is printed, and the exit code is 1.
inline int RunBenchmarks(int argc, char** argv, void (*check)()) {
  benchmark::Initialize(&argc, argv);
  try {
    check();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

/// An environment variable, or `fallback` where there is none.
inline std::string Setting(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : fallback;
}

}  // namespace touchstone
