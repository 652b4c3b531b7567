#include "touchstone/core/usage.h"

#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

namespace touchstone {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

PeakMemory::PeakMemory() {
  malloc_trim(0);
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;  // the peak restarts at what is resident now
  restarted_ = file.good();
}

std::optional<std::uint64_t> PeakMemory::Bytes() const {
  if (!restarted_) return std::nullopt;
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    constexpr char kPrefix[] = "VmHWM:";
    if (line.rfind(kPrefix, 0) == 0) return std::stoull(line.substr(sizeof kPrefix - 1)) * 1024;
  }
  return std::nullopt;
}

}  // namespace touchstone
