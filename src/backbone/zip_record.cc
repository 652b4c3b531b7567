#include "zip_record.h"

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace touchstone {
namespace {

constexpr std::string_view kEndMark("PK\5\6", 4), kEntryMark("PK\1\2", 4), kRecordMark("PK\3\4", 4);
constexpr std::size_t kEndBytes = 22, kEntryBytes = 46, kRecordBytes = 30, kMaxCommentBytes = 65535;
constexpr std::size_t kMaxDirectoryBytes = std::size_t{1} << 24;

// A little-endian number of `size` bytes. @param at  at + size <= text.size()
std::uint32_t Number(std::string_view text, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i > 0; --i) number = number << 8 | static_cast<unsigned char>(text[at + i - 1]);
  return number;
}

// Empty if the file does not hold all of them.
std::string BytesAt(std::ifstream& stream, std::uint64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(count));
  return stream ? bytes : std::string();
}

// The directory of the archive; empty if there is none.
std::string Directory(std::ifstream& stream) {
  stream.seekg(0, std::ios::end);
  const std::streamoff end = stream.tellg();
  if (!stream || end < static_cast<std::streamoff>(kEndBytes)) return "";
  const auto size = static_cast<std::uint64_t>(end);
  const auto tail_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(size, kEndBytes + kMaxCommentBytes));
  const std::string tail = BytesAt(stream, size - tail_bytes, tail_bytes);
  const std::size_t mark = tail.rfind(kEndMark);
  if (mark == std::string::npos || mark + kEndBytes > tail.size()) return "";
  const std::uint32_t num_bytes = Number(tail, mark + 12, 4);
  return num_bytes > kMaxDirectoryBytes ? "" : BytesAt(stream, Number(tail, mark + 16, 4), num_bytes);
}

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

// Whether `path` is `name` in the archive's root folder.
bool IsNamed(std::string_view path, std::string_view name) {
  return path.size() > name.size() && path.find('/') == path.size() - name.size() - 1 &&
         path.substr(path.size() - name.size()) == name;
}

// What a directory's entry, at `entry`, is of.
std::optional<std::string> Record(std::ifstream& stream, std::string_view entry, std::size_t max_bytes) {
  const std::uint32_t method = Number(entry, 10, 2), num_bytes = Number(entry, 24, 4);
  if (method != 0 || num_bytes > max_bytes || Number(entry, 20, 4) != num_bytes) return std::nullopt;
  const std::uint64_t begin = Number(entry, 42, 4);
  const std::string head = BytesAt(stream, begin, kRecordBytes);
  if (head.compare(0, kRecordMark.size(), kRecordMark) != 0) return std::nullopt;
  const std::uint64_t data = begin + kRecordBytes + Number(head, 26, 2) + Number(head, 28, 2);
  std::string bytes = BytesAt(stream, data, num_bytes);
  if (bytes.size() != num_bytes || Crc32(bytes) != Number(entry, 16, 4)) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<std::string> StoredZipRecord(const std::filesystem::path& file, std::string_view name,
                                           std::size_t max_bytes) {
  std::ifstream stream(file, std::ios::binary);
  const std::string directory = stream ? Directory(stream) : "";
  std::string_view rest = directory;
  while (rest.size() >= kEntryBytes && rest.compare(0, kEntryMark.size(), kEntryMark) == 0) {
    const std::size_t name_bytes = Number(rest, 28, 2);
    const std::size_t entry_bytes = kEntryBytes + name_bytes + Number(rest, 30, 2) + Number(rest, 32, 2);
    if (entry_bytes > rest.size()) return std::nullopt;
    if (IsNamed(rest.substr(kEntryBytes, name_bytes), name)) return Record(stream, rest, max_bytes);
    rest.remove_prefix(entry_bytes);
  }
  return std::nullopt;
}

}  // namespace touchstone
