#pragma once

#include <cstdint>
#include <filesystem>

#include "touchstone/app/progress.h"

namespace touchstone {

/// What `touchstone sample` is told.
struct WriteSampleOptions {
  std::filesystem::path output;
  std::uint64_t seed = 0;
  int size = 320;      ///< side of the pictures [px]
  bool force = false;  ///< write again over a sample set
};

/// Writes the generated category (sample/generator.h) and a README.txt that says what it is.
/// @return the number of images, masks not counted. @throws Error kUsage, kIo.
std::size_t WriteSample(const WriteSampleOptions& options, ProgressSink& progress);

}  // namespace touchstone
