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
  std::uint64_t end() const { return begin + num_bytes; }
};

// How many of a file's last bytes tell where its directory is.
std::uint64_t TailBytes(std::uint64_t file_bytes) {
  return std::min<std::uint64_t>(file_bytes, kEndBytes + kMaxCommentBytes);
}

// The record at the end of an archive.
struct End {
  Extent directory;
  std::size_t num_records = 0;
  std::size_t mark = 0;  // where it begins in the tail
};

// @param tail  of the archive.
std::optional<End> EndOf(std::string_view tail) {
  const std::size_t mark = tail.rfind(kEndMark);
  if (mark == std::string_view::npos || mark + kEndBytes > tail.size()) return std::nullopt;
  const End end{{Number(tail, mark + 16, 4), Number(tail, mark + 12, 4)}, Number(tail, mark + 10, 2), mark};
  return end.directory.num_bytes > kMaxDirectoryBytes ? std::nullopt : std::optional(end);
}

// None if it is not inside.
std::optional<std::string_view> Part(std::string_view archive, const Extent& extent) {
  const bool is_inside = extent.begin <= archive.size() && extent.num_bytes <= archive.size() - extent.begin;
  return is_inside ? std::optional(archive.substr(extent.begin, extent.num_bytes)) : std::nullopt;
}

// The directory of the archive; empty if there is none.
std::string Directory(std::ifstream& stream) {
  stream.seekg(0, std::ios::end);
  const std::streamoff end = stream.tellg();
  if (!stream || end < static_cast<std::streamoff>(kEndBytes)) return "";
  const auto size = static_cast<std::uint64_t>(end);
  const std::string tail = BytesAt(stream, size - TailBytes(size), TailBytes(size));
  const std::optional<End> found = EndOf(tail);
  return found ? BytesAt(stream, found->directory.begin, found->directory.num_bytes) : "";
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

// Where an entry's data are. @param head  kRecordBytes at entry.begin; empty where the archive is cut.
std::optional<Extent> DataExtent(const Entry& entry, std::string_view head) {
  if (head.compare(0, kRecordMark.size(), kRecordMark) != 0) return std::nullopt;
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
  const std::uint64_t tail_begin = archive.size() - TailBytes(archive.size());
  const std::optional<End> end = EndOf(archive.substr(tail_begin));
  if (!end || end->directory.end() != tail_begin + end->mark) return std::nullopt;
  std::string_view rest = Part(archive, end->directory).value_or("");
  std::vector<ZipRecord> records;
  std::string_view root;
  std::uint64_t num_bytes = 0;
  while (const std::optional<Entry> entry = TakeEntry(&rest)) {
    const std::string_view head = Part(archive, {entry->begin, kRecordBytes}).value_or("");
    const std::optional<Extent> extent = entry->is_stored ? DataExtent(*entry, head) : std::nullopt;
    const std::optional<std::string_view> data = extent ? Part(archive, *extent) : std::nullopt;
    const std::size_t root_bytes = entry->path.find('/') + 1;  // 0 where there is none
    if (records.empty()) root = entry->path.substr(0, root_bytes);
    num_bytes += entry->num_bytes;
    if (!data || root_bytes == 0 || entry->path.substr(0, root_bytes) != root) return std::nullopt;
    if (num_bytes > archive.size()) return std::nullopt;  // records that share their data, over and over
    records.push_back({entry->path.substr(root_bytes), *data});
  }
  if (!rest.empty() || records.size() != end->num_records) return std::nullopt;
  return records;
}

}  // namespace touchstone
