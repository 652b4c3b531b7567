#include "archive.h"

#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include "memory_reader.h"
#include "torch_error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

using caffe2::serialize::PyTorchStreamReader;

constexpr char kDescriptionRecord[] = "extra/touchstone.json";
constexpr char kChecksumsRecord[] = "extra/touchstone.sha256";

void CheckKind(const Bytes& file) {
  if (file.empty()) throw Error(ErrorCode::kModel, "the file is empty; export it again");
  if (file.size() < 2 || file[0] != 'P' || file[1] != 'K') {  // every zip archive begins so
    throw Error(ErrorCode::kModel,
                "not a TorchScript file; scripts/export_extractor.py ARCH -o FILE.pt makes one");
  }
}

std::string RecordText(PyTorchStreamReader& archive, const std::string& name) {
  const auto [data, size] = archive.getRecord(name);
  return std::string(static_cast<const char*>(data.get()), size);
}

/// The lines of touchstone.sha256 as they should be, from the records as LibTorch reads them. A reader lets
/// one thread at a time read, so that each has its own.
std::string ComputeChecksums(PyTorchStreamReader& archive, const Bytes& file) {
  std::vector<std::string> names = archive.getAllRecords();
  names.erase(std::remove(names.begin(), names.end(), kChecksumsRecord), names.end());
  std::sort(names.begin(), names.end());
  std::vector<std::string> lines(names.size());
  constexpr std::size_t kReaders = 2;
  ParallelFor(kReaders, [&](std::size_t first) {
    PyTorchStreamReader reader(std::make_shared<MemoryReader>(file));
    for (std::size_t i = first; i < names.size(); i += kReaders) {
      const auto [data, size] = reader.getRecord(names[i]);
      lines[i] = Sha256(data.get(), size) + "  " + names[i] + "\n";
    }
  });
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

/// The name stands twice in the archive. If LibTorch does not find a record that the file mentions, then the
/// directory of the archive is damaged.
bool MentionsChecksums(const Bytes& file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  return text.find(kChecksumsRecord) != std::string_view::npos;
}

void CheckChecksums(PyTorchStreamReader& archive, const Bytes& file) {
  const bool has_checksums = archive.hasRecord(kChecksumsRecord);
  if (!has_checksums && !MentionsChecksums(file)) return;
  if (!has_checksums || ComputeChecksums(archive, file) != RecordText(archive, kChecksumsRecord)) {
    throw Error(ErrorCode::kModel,
                "damaged: its contents differ from the check sums that were stored with them; copy or export "
                "it again");
  }
}

}  // namespace

std::string ReadDescription(const Bytes& file) {
  CheckKind(file);
  return WithTorchErrors("damaged, or not a TorchScript file; copy or export it again", [&] {
    PyTorchStreamReader archive(std::make_shared<MemoryReader>(file));
    CheckChecksums(archive, file);
    if (!archive.hasRecord(kDescriptionRecord)) {
      throw Error(
          ErrorCode::kModel,
          "carries no description (touchstone.json), so it was not made for Touchstone; "
          "scripts/export_extractor.py ARCH -o FILE.pt exports a network that does (--weights FILE takes a "
          "state dict)");
    }
    return RecordText(archive, kDescriptionRecord);
  });
}

}  // namespace touchstone
