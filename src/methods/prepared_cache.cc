#include "methods/prepared_cache.h"

#include <utility>

namespace touchstone {

std::size_t PreparedImage::num_bytes() const {
  std::size_t bytes = 0;
  for (const FeatureMap& map : levels) bytes += map.values.size() * sizeof(float);
  for (const Codes& code : codes) bytes += code.num_bytes();
  return bytes;
}

std::shared_ptr<const PreparedImage> PreparedCache::Get(std::size_t image) {
  if (auto found = Find(image)) return found;
  auto prepared = std::make_shared<const PreparedImage>(make_(image));
  Keep({image, prepared});
  return prepared;
}

std::shared_ptr<const PreparedImage> PreparedCache::Find(std::size_t image) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto place = places_.find(image);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return entries_.front().prepared;
}

void PreparedCache::Keep(Entry entry) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (places_.count(entry.image) != 0 || entry.prepared->num_bytes() > max_bytes_) return;
  num_bytes_ += entry.prepared->num_bytes();
  entries_.push_front(std::move(entry));
  places_[entries_.front().image] = entries_.begin();
  while (num_bytes_ > max_bytes_) {
    num_bytes_ -= entries_.back().prepared->num_bytes();
    places_.erase(entries_.back().image);
    entries_.pop_back();
  }
}

}  // namespace touchstone
