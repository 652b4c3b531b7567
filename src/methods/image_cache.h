#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace touchstone {

/// Keeps what was made of the most recently used gallery images, up to a number of bytes. Thread-safe; two
/// threads that miss the same image at once both make it, which costs time and nothing else.
/// Value has `std::size_t num_bytes() const`.
template <class Value>
class ImageCache {
 public:
  using Make = std::function<Value(std::size_t)>;
  ImageCache(std::size_t max_bytes, Make make) : max_bytes_(max_bytes), make_(std::move(make)) {}

  std::shared_ptr<const Value> Get(std::size_t image) {
    if (auto found = Find(image)) return found;
    auto made = std::make_shared<const Value>(make_(image));
    Keep({image, made});
    return made;
  }

 private:
  struct Entry {
    std::size_t image;
    std::shared_ptr<const Value> value;
  };

  std::shared_ptr<const Value> Find(std::size_t image) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = places_.find(image);
    if (place == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, place->second);
    return entries_.front().value;
  }

  void Keep(Entry entry) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (places_.count(entry.image) != 0 || entry.value->num_bytes() > max_bytes_) return;
    num_bytes_ += entry.value->num_bytes();
    entries_.push_front(std::move(entry));
    places_[entries_.front().image] = entries_.begin();
    while (num_bytes_ > max_bytes_) {
      num_bytes_ -= entries_.back().value->num_bytes();
      places_.erase(entries_.back().image);
      entries_.pop_back();
    }
  }

  std::size_t max_bytes_;
  Make make_;
  std::mutex mutex_;
  std::size_t num_bytes_ = 0;
  std::list<Entry> entries_;  ///< most recently used first
  std::unordered_map<std::size_t, typename std::list<Entry>::iterator> places_;
};

}  // namespace touchstone
