#pragma once

#include <cstdint>
#include <optional>

namespace touchstone {

/// Processor seconds that all threads of this process have used so far, in user and system mode.
double CpuSeconds();

/// Measures how much memory a stretch of work needs at most: from the construction on, the largest resident
/// set of the whole process, mapped files that were touched included. Memory that was freed before is handed
/// back to the system first, as far as the allocator can. One at a time: a later one restarts an earlier one.
/// Linux alone tells (/proc/self/clear_refs, VmHWM of /proc/self/status).
class PeakMemory {
 public:
  PeakMemory();
  /// [bytes] Nothing where the system does not tell, or not since the construction.
  std::optional<std::uint64_t> Bytes() const;

 private:
  bool restarted_ = false;
};

}  // namespace touchstone
