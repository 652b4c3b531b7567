#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// A mask in little memory: the lengths of its runs of zeros and of ones in raster order, zeros first.
struct PackedMask {
  Size size;
  std::vector<std::uint32_t> runs;
};
PackedMask Pack(const Mask& mask);
Mask Unpack(const PackedMask& packed);

/// Reads masks, some of them several times, and decodes most of them once.
class MaskReader {
 public:
  /// The mask, 1 where the file is not 0. May be called from several threads at once. What a mask packs into
  /// is kept, up to 64 MB of all together. @throws Error like ReadMask.
  Mask Read(const std::filesystem::path& file);

 private:
  std::mutex mutex_;
  std::map<std::filesystem::path, std::shared_ptr<const PackedMask>> packed_;
  std::size_t num_bytes_ = 0;
};

}  // namespace touchstone
