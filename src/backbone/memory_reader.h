#pragma once

#include <caffe2/serialize/read_adapter_interface.h>

#include <algorithm>
#include <cstring>

#include "touchstone/core/file.h"

namespace touchstone {

/// Lets LibTorch read an archive from memory, so that the bytes that were hashed are the bytes
/// that are loaded. Keeps a reference: `file` must outlive it.
class MemoryReader final : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit MemoryReader(const Bytes& file) : file_(file) {}

  std::size_t size() const override { return file_.size(); }

  std::size_t read(std::uint64_t position, void* buffer, std::size_t count,
                   const char* /*what*/) const override {
    if (position >= file_.size()) return 0;
    const std::size_t available = std::min<std::uint64_t>(count, file_.size() - position);
    std::memcpy(buffer, file_.data() + position, available);
    return available;
  }

 private:
  const Bytes& file_;
};

}  // namespace touchstone
