#include "archive.h"

#include <caffe2/serialize/inline_container.h>

#include <memory>
#include <tuple>

#include "memory_reader.h"
#include "torch_error.h"

namespace touchstone {
namespace {

using caffe2::serialize::PyTorchStreamReader;

constexpr char kDescriptionRecord[] = "extra/touchstone.json";

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

}  // namespace

std::string ReadDescription(const Bytes& file) {
  CheckKind(file);
  return WithTorchErrors("damaged, or not a TorchScript file; copy or export it again", [&] {
    PyTorchStreamReader archive(std::make_shared<MemoryReader>(file));
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
