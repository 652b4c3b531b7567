#include "app/mask_reader.h"

#include <algorithm>

#include "touchstone/core/error.h"

namespace touchstone {

namespace fs = std::filesystem;

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

std::shared_ptr<const MaskReader::Kept> MaskReader::Find(const fs::path& file) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = kept_.find(file);
  return found != kept_.end() ? found->second : nullptr;
}

void MaskReader::Keep(const fs::path& file, const Mask& mask, std::optional<int> value) {
  auto kept = std::make_shared<Kept>(Kept{Pack(mask), value});
  kept->packed.runs.shrink_to_fit();
  const std::size_t num_bytes = kept->packed.runs.size() * sizeof(std::uint32_t);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = kept_.find(file);
  if (known != kept_.end()) {
    known->second = kept;  // now with its value
  } else if (num_bytes_ + num_bytes <= kMaxBytes) {
    kept_.emplace(file, kept);
    num_bytes_ += num_bytes;
  }
}

Mask MaskReader::ReadOne(const fs::path& file) {
  if (const auto kept = Find(file)) return Unpack(kept->packed);
  Mask mask = ReadMask(file);
  Keep(file, mask, std::nullopt);
  return mask;
}

Mask MaskReader::Read(const std::vector<fs::path>& files) {
  Mask mask = ReadOne(files.at(0));
  for (std::size_t i = 1; i < files.size(); ++i) {
    const Mask other = ReadOne(files[i]);
    if (other.size != mask.size) {
      throw Error(ErrorCode::kResults,
                  "is not of the size of " + files[0].filename().string() +
                      ": all masks of an image must be of one size",
                  files[i]);
    }
    for (std::size_t p = 0; p < mask.values.size(); ++p) mask.values[p] |= other.values[p];
  }
  return mask;
}

MarkedMask MaskReader::ReadMarked(const fs::path& file) {
  const auto kept = Find(file);
  if (kept && kept->value) return {Unpack(kept->packed), *kept->value};
  MarkedMask marked = ReadMarkedMask(file);
  Keep(file, marked.mask, marked.value);
  return marked;
}

}  // namespace touchstone
