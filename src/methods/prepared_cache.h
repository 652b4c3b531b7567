#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "touchstone/core/feature_map.h"
#include "touchstone/knn/codes.h"
#include "touchstone/knn/rows.h"

namespace touchstone {

/// One gallery image, ready to be searched: its levels and, for each search space (one for concat, one a
/// level otherwise), its rows and their codes. Rows are fused only when they are looked at.
struct PreparedImage {
  std::vector<FeatureMap> levels;
  std::vector<std::unique_ptr<RowSource>> rows;  ///< over `levels`
  std::vector<Codes> codes;
  std::size_t num_bytes() const;
};

/// Keeps the most recently used prepared images, up to a number of bytes. Thread-safe; two threads
/// that miss the same image at once both make it, which costs time and nothing else.
class PreparedCache {
 public:
  using Make = std::function<PreparedImage(std::size_t)>;
  PreparedCache(std::size_t max_bytes, Make make) : max_bytes_(max_bytes), make_(std::move(make)) {}

  std::shared_ptr<const PreparedImage> Get(std::size_t image);

 private:
  struct Entry {
    std::size_t image;
    std::shared_ptr<const PreparedImage> prepared;
  };
  std::shared_ptr<const PreparedImage> Find(std::size_t image);
  void Keep(Entry entry);

  std::size_t max_bytes_;
  Make make_;
  std::mutex mutex_;
  std::size_t num_bytes_ = 0;
  std::list<Entry> entries_;  ///< most recently used first
  std::unordered_map<std::size_t, std::list<Entry>::iterator> places_;
};

}  // namespace touchstone
