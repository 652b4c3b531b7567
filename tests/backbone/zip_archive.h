#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace touchstone {

/// The lowest `size` bytes of a number, least first; zeros beyond the eighth.
inline std::string Little(std::uint64_t number, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(i < 8 ? number >> (8 * i) & 0xFF : 0);
  return bytes;
}

struct ZipFile {
  std::string path, data;
  std::uint16_t method = 0;  // 0 = stored
};

/// A plain archive, its CRC-32 sums being zero.
inline std::string ZipOf(const std::vector<ZipFile>& files) {
  std::string records, directory;
  for (const ZipFile& file : files) {
    const std::string fields = Little(20, 2) + Little(0, 2) + Little(file.method, 2) + Little(0, 8) +
                               Little(file.data.size(), 4) + Little(file.data.size(), 4) +
                               Little(file.path.size(), 2);
    directory += "PK\1\2" + Little(20, 2) + fields + Little(0, 12) + Little(records.size(), 4) + file.path;
    records += "PK\3\4" + fields + Little(0, 2) + file.path + file.data;
  }
  return records + directory + "PK\5\6" + Little(0, 4) + Little(files.size(), 2) + Little(files.size(), 2) +
         Little(directory.size(), 4) + Little(records.size(), 4) + Little(0, 2);
}

}  // namespace touchstone
