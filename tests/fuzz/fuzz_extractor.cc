#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/entry_points.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  touchstone::FuzzExtractor(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
