#include "app/mask_reader.h"

#include <algorithm>

#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

}  // namespace

PackedMask Pack(const Mask& mask) {
  PackedMask packed{mask.size, {}};
  const auto& values = mask.values;
  bool is_set = false;
  for (auto at = values.begin(); at != values.end(); is_set = !is_set) {
    const auto end = std::find_if(at, values.end(), [is_set](std::uint8_t v) { return (v != 0) != is_set; });
    packed.runs.push_back(static_cast<std::uint32_t>(end - at));
    at = end;
  }
  return packed;
}

Mask Unpack(const PackedMask& packed) {
  Mask mask{packed.size, {}};
  mask.values.resize(static_cast<std::size_t>(packed.size.width) * packed.size.height);
  std::size_t at = 0;
  bool is_set = false;
  for (const std::uint32_t run : packed.runs) {
    if (is_set) std::fill_n(mask.values.begin() + static_cast<std::ptrdiff_t>(at), run, std::uint8_t{1});
    at += run;
    is_set = !is_set;
  }
  return mask;
}

Mask MaskReader::Read(const std::filesystem::path& file) {
  std::shared_ptr<const PackedMask> known;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = packed_.find(file);
    if (found != packed_.end()) known = found->second;
  }
  if (known) return Unpack(*known);
  Mask mask = ReadMask(file);
  auto packed = std::make_shared<PackedMask>(Pack(mask));
  packed->runs.shrink_to_fit();
  const std::size_t num_bytes = packed->runs.size() * sizeof(std::uint32_t);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (num_bytes_ + num_bytes <= kMaxBytes && packed_.emplace(file, std::move(packed)).second) {
    num_bytes_ += num_bytes;
  }
  return mask;
}

}  // namespace touchstone
