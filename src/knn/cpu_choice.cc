#include "knn/cpu_choice.h"

#include <hwy/highway.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

// What TOUCHSTONE_CPU allows, from the environment; read once, before the first kernel runs.
enum class Allowed { kBaseline, kAvx2, kAvx512, kAll };

Allowed ReadAllowed() {
  const char* text = std::getenv("TOUCHSTONE_CPU");
  if (text == nullptr || *text == '\0') return Allowed::kAll;
  const std::map<std::string, Allowed> names{{"baseline", Allowed::kBaseline},
                                             {"avx2", Allowed::kAvx2},
                                             {"avx512", Allowed::kAvx512},
                                             {"avx512vnni", Allowed::kAll}};
  const auto found = names.find(text);
  if (found != names.end()) return found->second;
  throw Error(ErrorCode::kOption,
              "TOUCHSTONE_CPU=" + std::string(text) + ": must be baseline, avx2, avx512 or avx512vnni");
}

Allowed ChooseAllowed() {
  static const Allowed allowed = [] {
    const Allowed read = ReadAllowed();
    const auto above_avx2 = HWY_AVX2 - 1;  // better targets have lower bits
    const auto above_baseline = HWY_STATIC_TARGET - 1;
    if (read == Allowed::kBaseline) hwy::DisableTargets(static_cast<std::uint32_t>(above_baseline));
    if (read == Allowed::kAvx2) hwy::DisableTargets(static_cast<std::uint32_t>(above_avx2));
    return read;
  }();
  return allowed;
}

}  // namespace

void ChooseTarget() { ChooseAllowed(); }

bool UseVnni() {
#if defined(__x86_64__)
  static const bool use = ChooseAllowed() == Allowed::kAll && __builtin_cpu_supports("avx512vnni") != 0;
  return use;
#else
  return false;
#endif
}

std::string KernelTarget() {
  ChooseTarget();
  const auto targets = hwy::SupportedTargets();
  const auto best = targets & -targets;  // the lowest bit
  return hwy::TargetName(best) + std::string(best == HWY_AVX3 && UseVnni() ? " with VNNI" : "");
}

}  // namespace touchstone
