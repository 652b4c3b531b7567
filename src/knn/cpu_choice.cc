#include "knn/cpu_choice.h"

#include <hwy/highway.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "knn/byte_tiles.h"
#include "touchstone/core/error.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

// What TOUCHSTONE_CPU allows, from the environment; read once, before the first kernel runs.
enum class Allowed { kBaseline, kAvx2, kAvx512, kVnni, kAll };

Allowed ReadAllowed() {
  const char* text = std::getenv("TOUCHSTONE_CPU");
  if (text == nullptr || *text == '\0') return Allowed::kAll;
  const std::map<std::string, Allowed> names{{"baseline", Allowed::kBaseline},
                                             {"avx2", Allowed::kAvx2},
                                             {"avx512", Allowed::kAvx512},
                                             {"avx512vnni", Allowed::kVnni},
                                             {"amx", Allowed::kAll}};
  const auto found = names.find(text);
  if (found != names.end()) return found->second;
  throw Error(ErrorCode::kOption,
              "TOUCHSTONE_CPU=" + std::string(text) + ": must be baseline, avx2, avx512, avx512vnni or amx");
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

// What Highway's dispatch takes: the best of the targets that were compiled and that the CPU has.
std::int64_t ChosenTarget() {
  const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return targets & -targets;  // the lowest bit
}

#if defined(TOUCHSTONE_HAS_TILES)
constexpr unsigned kBfloatTiles = 1U << 22, kTiles = 1U << 24, kByteTiles = 1U << 25;

// Whether the CPU has all of these, bits in EDX of leaf 7.
bool HasFeatures(unsigned bits) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & bits) == bits;
}
#endif

// The state of tile registers is so large that a process must ask for it.
bool AskForTiles() {
#if defined(TOUCHSTONE_HAS_TILES) && defined(__linux__)
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return HasFeatures(kTiles | kByteTiles) && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace

void ChooseTarget() { ChooseAllowed(); }

bool UseVnni() {
#if defined(__x86_64__)
  static const bool use = ChooseAllowed() >= Allowed::kVnni && ChosenTarget() == HWY_AVX3 &&
                          __builtin_cpu_supports("avx512vnni") != 0;
  return use;
#else
  return false;
#endif
}

bool UseByteTiles() {
  static const bool use = UseVnni() && ChooseAllowed() == Allowed::kAll && AskForTiles();
  return use;
}

bool UseBfloatTiles() {
#if defined(TOUCHSTONE_HAS_TILES)
  static const bool use = UseByteTiles() && HasFeatures(kBfloatTiles);
  return use;
#else
  return false;
#endif
}

std::string KernelTarget() {
  ChooseTarget();
  const char* extra = UseByteTiles() ? " with VNNI and AMX" : UseVnni() ? " with VNNI" : "";
  return hwy::TargetName(ChosenTarget()) + std::string(extra);
}

}  // namespace touchstone
