#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "touchstone/core/image.h"
#include "touchstone/image/map_file.h"

namespace touchstone {

/// A mask in little memory: the lengths of its runs of zeros and of ones in raster order, zeros first.
struct PackedMask {
  Size size;
  std::vector<std::uint32_t> runs;
};
PackedMask Pack(const Mask& mask);
Mask Unpack(const PackedMask& packed);

/// Reads masks, some of them several times, and decodes most of them once: what they pack into is kept, up to
/// 64 MB of all together. May be called from several threads at once.
class MaskReader {
 public:
  /// 1 where any of the files is not 0. @throws Error like ReadMask; kResults if they are not of one size.
  Mask Read(const std::vector<std::filesystem::path>& files);

  /// One defect of those whose grey value says what it is. @throws Error like ReadMarkedMask.
  MarkedMask ReadMarked(const std::filesystem::path& file);

 private:
  struct Kept {
    PackedMask packed;
    std::optional<int> value;  // where it is known
  };
  std::shared_ptr<const Kept> Find(const std::filesystem::path& file);
  void Keep(const std::filesystem::path& file, const Mask& mask, std::optional<int> value);
  Mask ReadOne(const std::filesystem::path& file);

  std::mutex mutex_;
  std::map<std::filesystem::path, std::shared_ptr<const Kept>> kept_;
  std::size_t num_bytes_ = 0;
};

}  // namespace touchstone
