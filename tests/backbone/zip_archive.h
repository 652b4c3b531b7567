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
  std::uint32_t crc = 0;
  std::string extra = "";  // of the record's head
};

/// A plain archive. @param before  bytes in front of its records.
inline std::string ZipOf(const std::vector<ZipFile>& files, const std::string& before = "",
                         const std::string& comment = "") {
  std::string records = before, directory;
  for (const ZipFile& file : files) {
    const std::string fields = Little(20, 2) + Little(0, 2) + Little(file.method, 2) + Little(0, 4) +
                               Little(file.crc, 4) + Little(file.data.size(), 4) +
                               Little(file.data.size(), 4) + Little(file.path.size(), 2);
    directory += "PK\1\2" + Little(20, 2) + fields + Little(0, 12) + Little(records.size(), 4) + file.path;
    records += "PK\3\4" + fields + Little(file.extra.size(), 2) + file.path + file.extra + file.data;
  }
  return records + directory + "PK\5\6" + Little(0, 4) + Little(files.size(), 2) + Little(files.size(), 2) +
         Little(directory.size(), 4) + Little(records.size(), 4) + Little(comment.size(), 2) + comment;
}

}  // namespace touchstone
