#pragma once

#include "touchstone/app/progress.h"

namespace touchstone {

/// Leaves the loops over files, categories and settings where the user ended the run; the verb catches it.
struct Interruption {};

/// @throws Interruption if the user has ended the run.
inline void StopIfInterrupted(const ProgressSink& progress) {
  if (progress.Interrupted()) throw Interruption{};
}

}  // namespace touchstone
