#include "archive.h"

#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include "memory_reader.h"
#include "torch_error.h"

namespace touchstone {
namespace {

using caffe2::serialize::PyTorchStreamReader;

constexpr char kDescriptionRecord[] = "extra/touchstone.json";

std::unique_ptr<PyTorchStreamReader> OpenArchive(const Bytes& file) {
  if (file.empty()) throw Error(ErrorCode::kModel, "the file is empty; export it again");
  constexpr std::uint8_t kZipMagic[] = {'P', 'K'};
  if (!std::equal(std::begin(kZipMagic), std::end(kZipMagic), file.data(),
                  file.data() + std::min<std::size_t>(2, file.size()))) {
    throw Error(ErrorCode::kModel,
                "not a TorchScript file; scripts/export_extractor.py ARCH -o FILE.pt makes one");
  }
  return WithTorchErrors("not a TorchScript file, or a damaged one; export it again", [&] {
    return std::make_unique<PyTorchStreamReader>(std::make_shared<MemoryReader>(file));
  });
}

}  // namespace

std::string ReadDescription(const Bytes& file) {
  const std::unique_ptr<PyTorchStreamReader> archive = OpenArchive(file);
  return WithTorchErrors("damaged: its description cannot be read; export it again", [&] {
    if (!archive->hasRecord(kDescriptionRecord)) {
      throw Error(
          ErrorCode::kModel,
          "carries no description (touchstone.json), so it was not made for Touchstone; "
          "scripts/export_extractor.py ARCH -o FILE.pt exports a network that does (--weights FILE takes a "
          "state dict)");
    }
    const auto [data, size] = archive->getRecord(kDescriptionRecord);
    return std::string(static_cast<const char*>(data.get()), size);
  });
}

void CheckContent(const Bytes& file, const std::string& content_sha256) {
  const std::unique_ptr<PyTorchStreamReader> archive = OpenArchive(file);
  const std::string digest = WithTorchErrors("damaged: a part cannot be read; export it again", [&] {
    std::vector<std::string> names = archive->getAllRecords();
    std::sort(names.begin(), names.end());
    std::string lines;
    for (const std::string& name : names) {
      if (name == kDescriptionRecord) continue;
      const auto [data, size] = archive->getRecord(name);
      lines += Sha256(data.get(), size) + "  " + name + "\n";
    }
    return Sha256(lines.data(), lines.size());
  });
  if (digest != content_sha256) {
    throw Error(ErrorCode::kModel, "damaged: the SHA-256 of its contents is " + digest +
                                       ", but its description says " + content_sha256 +
                                       "; copy or export it again");
  }
}

}  // namespace touchstone
