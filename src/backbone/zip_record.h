#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace touchstone {

/// One stored (not compressed) record of a plain zip archive (PKWARE's APPNOTE.TXT, 4.3), read without the
/// rest of the file. Nothing in the file is trusted.
/// @param name  of the record after the archive's root folder: "extra/touchstone.json".
/// @param max_bytes  of the record.
/// @return none if there is no such file, archive or record, if it is compressed, larger, of the 64-bit form,
/// or its CRC-32 differs.
std::optional<std::string> StoredZipRecord(const std::filesystem::path& file, std::string_view name,
                                           std::size_t max_bytes);

struct ZipRecord {
  std::string_view name;  ///< after the archive's root folder
  std::string_view data;
};

/// All records of a plain zip archive in memory, in the order of its directory; they point into it. Nothing
/// in it is trusted; CRC-32 sums are not looked at.
/// @return none if it is no archive, is cut, holds anything compressed, of the 64-bit form or outside of one
/// root folder, has records that overlap so much that they are larger than it is, or if its directory is not
/// as long, or of as many records, as its end says.
std::optional<std::vector<ZipRecord>> StoredZipRecords(std::string_view archive);

}  // namespace touchstone
