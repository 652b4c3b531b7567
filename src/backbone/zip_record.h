#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace touchstone {

/// One stored (not compressed) record of a plain zip archive (PKWARE's APPNOTE.TXT, 4.3), read without the
/// rest of the file. Nothing in the file is trusted.
/// @param name  of the record after the archive's root folder: "extra/touchstone.json".
/// @param max_bytes  of the record.
/// @return none if there is no such file, archive or record, if it is compressed, larger, of the 64-bit form,
/// or its CRC-32 differs.
std::optional<std::string> StoredZipRecord(const std::filesystem::path& file, std::string_view name,
                                           std::size_t max_bytes);

}  // namespace touchstone
