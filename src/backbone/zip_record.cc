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

struct Extent {
  std::uint64_t begin = 0, num_bytes = 0;
};

// How many of a file's last bytes tell where its directory is.
std::uint64_t TailBytes(std::uint64_t file_bytes) {
  return std::min<std::uint64_t>(file_bytes, kEndBytes + kMaxCommentBytes);
}

// Where the directory is said to be. @param tail  of the archive.
std::optional<Extent> DirectoryExtent(std::string_view tail) {
  const std::size_t mark = tail.rfind(kEndMark);
  if (mark == std::string_view::npos || mark + kEndBytes > tail.size()) return std::nullopt;
  const Extent extent{Number(tail, mark + 16, 4), Number(tail, mark + 12, 4)};
  return extent.num_bytes > kMaxDirectoryBytes ? std::nullopt : std::optional(extent);
}

// Empty if it is not inside.
std::string_view Part(std::string_view archive, const Extent& extent) {
  const bool is_inside = extent.begin <= archive.size() && extent.num_bytes <= archive.size() - extent.begin;
  return is_inside ? archive.substr(extent.begin, extent.num_bytes) : std::string_view();
}

// The directory of the archive; empty if there is none.
std::string Directory(std::ifstream& stream) {
  stream.seekg(0, std::ios::end);
  const std::streamoff end = stream.tellg();
  if (!stream || end < static_cast<std::streamoff>(kEndBytes)) return "";
  const auto size = static_cast<std::uint64_t>(end);
  const std::string tail = BytesAt(stream, size - TailBytes(size), TailBytes(size));
  const std::optional<Extent> extent = DirectoryExtent(tail);
  return extent ? BytesAt(stream, extent->begin, extent->num_bytes) : "";
}

// One entry of a directory, and what it says of a record that is stored as it is.
struct Entry {
  std::string_view path;
  bool is_stored = false;
  std::uint64_t begin = 0;  // of the record's head
  std::uint32_t num_bytes = 0, crc = 0;
};

// Takes the first entry off. @return none at the end, and where an entry is cut.
std::optional<Entry> TakeEntry(std::string_view* directory) {
  const std::string_view text = *directory;
  if (text.size() < kEntryBytes || text.compare(0, kEntryMark.size(), kEntryMark) != 0) return std::nullopt;
  const std::size_t path_bytes = Number(text, 28, 2);
  const std::size_t entry_bytes = kEntryBytes + path_bytes + Number(text, 30, 2) + Number(text, 32, 2);
  if (entry_bytes > text.size()) return std::nullopt;
  directory->remove_prefix(entry_bytes);
  Entry entry;
  entry.path = text.substr(kEntryBytes, path_bytes);
  entry.num_bytes = Number(text, 24, 4);
  entry.is_stored = Number(text, 10, 2) == 0 && Number(text, 20, 4) == entry.num_bytes;
  entry.begin = Number(text, 42, 4);
  entry.crc = Number(text, 16, 4);
  return entry;
}

// Where an entry's data are. @param head  kRecordBytes at entry.begin, or fewer where the archive is cut.
std::optional<Extent> DataExtent(const Entry& entry, std::string_view head) {
  if (head.size() < kRecordBytes || head.compare(0, kRecordMark.size(), kRecordMark) != 0)
    return std::nullopt;
  return Extent{entry.begin + kRecordBytes + Number(head, 26, 2) + Number(head, 28, 2), entry.num_bytes};
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

// What an entry is of.
std::optional<std::string> Record(std::ifstream& stream, const Entry& entry, std::size_t max_bytes) {
  if (!entry.is_stored || entry.num_bytes > max_bytes) return std::nullopt;
  const std::optional<Extent> extent = DataExtent(entry, BytesAt(stream, entry.begin, kRecordBytes));
  if (!extent) return std::nullopt;
  std::string bytes = BytesAt(stream, extent->begin, entry.num_bytes);
  if (bytes.size() != entry.num_bytes || Crc32(bytes) != entry.crc) return std::nullopt;
  return bytes;
}

}  // namespace

std::optional<std::string> StoredZipRecord(const std::filesystem::path& file, std::string_view name,
                                           std::size_t max_bytes) {
  std::ifstream stream(file, std::ios::binary);
  const std::string directory = stream ? Directory(stream) : "";
  std::string_view rest = directory;
  while (const std::optional<Entry> entry = TakeEntry(&rest)) {
    if (IsNamed(entry->path, name)) return Record(stream, *entry, max_bytes);
  }
  return std::nullopt;
}

std::optional<std::vector<ZipRecord>> StoredZipRecords(std::string_view archive) {
  const std::optional<Extent> extent =
      DirectoryExtent(archive.substr(archive.size() - TailBytes(archive.size())));
  if (!extent) return std::nullopt;
  std::string_view rest = Part(archive, *extent);
  std::vector<ZipRecord> records;
  while (const std::optional<Entry> entry = TakeEntry(&rest)) {
    const std::optional<Extent> data =
        entry->is_stored ? DataExtent(*entry, Part(archive, {entry->begin, kRecordBytes})) : std::nullopt;
    const std::size_t root = entry->path.find('/');
    if (!data || root == std::string_view::npos) return std::nullopt;
    records.push_back({entry->path.substr(root + 1), Part(archive, *data)});
    if (records.back().data.size() != entry->num_bytes) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return records;
}

}  // namespace touchstone
