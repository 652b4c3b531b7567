#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>

namespace touchstone {

/// The main of a tool that is no benchmark. @param usage  its name and its arguments, separated by spaces.
/// @return 2 unless there are as many arguments, 1 where `work` throws, after a word on either.
inline int RunTool(int argc, const std::string& usage, const std::function<void()>& work) {
  if (argc != 1 + std::count(usage.begin(), usage.end(), ' ')) {
    std::fprintf(stderr, "usage: %s\n", usage.c_str());
    return 2;
  }
  try {
    work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", usage.substr(0, usage.find(' ')).c_str(), error.what());
    return 1;
  }
  return 0;
}

}  // namespace touchstone
