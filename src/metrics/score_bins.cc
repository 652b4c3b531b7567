#include "score_bins.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace touchstone {
namespace {

constexpr std::uint32_t kMaxBuckets = 1U << 16;  // 256 KiB of starts: stays in the second-level cache
constexpr std::uint32_t kSignBit = 1U << 31;

}  // namespace

std::uint32_t OrderKey(float score) {
  const float unsigned_zero = score + 0.0F;  // -0 + 0 = 0
  std::uint32_t bits = 0;
  static_assert(sizeof bits == sizeof unsigned_zero);
  std::memcpy(&bits, &unsigned_zero, sizeof bits);
  // IEEE 754 numbers are sign and magnitude: turn negative ones round, put positive ones above.
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

float ScoreOfKey(std::uint32_t key) {
  const std::uint32_t bits = (key & kSignBit) != 0 ? key & ~kSignBit : ~key;
  float score = 0;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

ScoreBins::ScoreBins(std::vector<std::uint32_t> keys)
    : keys_(std::move(keys)), counts_(2 * keys_.size() + 1) {
  for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
  if (keys_.empty()) return;
  const std::uint32_t range = keys_.back() - keys_.front();
  while (range >> shift_ >= kMaxBuckets) ++shift_;
  const std::size_t num_buckets = (range >> shift_) + 1;
  starts_.assign(num_buckets + 1, 0);
  for (const std::uint32_t key : keys_) ++starts_[((key - keys_.front()) >> shift_) + 1];
  for (std::size_t b = 1; b <= num_buckets; ++b) starts_[b] += starts_[b - 1];
}

std::size_t ScoreBins::BinOf(std::uint32_t key) const {
  if (keys_.empty() || key < keys_.front()) return 0;
  if (key > keys_.back()) return 2 * keys_.size();
  const std::uint32_t bucket = (key - keys_.front()) >> shift_;
  const auto first = keys_.begin() + starts_[bucket];
  const auto last = keys_.begin() + starts_[bucket + 1];
  const auto found = std::lower_bound(first, last, key);
  // Where the bucket has no threshold at or above the key, `found` is the next bucket's first one,
  // and there is one: the key does not exceed keys_.back().
  const auto index = static_cast<std::size_t>(found - keys_.begin());
  return 2 * index + (*found == key ? 1 : 0);
}

void ScoreBins::Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores) {
  // Neighbouring pixels often share a bin: one addition per run keeps threads out of each other's way.
  std::size_t run_bin = 0;
  std::uint64_t run_length = 0;
  for (std::size_t i = 0; i < num_scores; ++i) {
    if (mask != nullptr && mask[i] != 0) continue;
    const std::size_t bin = BinOf(OrderKey(scores[i]));
    if (bin != run_bin) {
      if (run_length != 0) counts_[run_bin].fetch_add(run_length, std::memory_order_relaxed);
      run_bin = bin;
      run_length = 0;
    }
    ++run_length;
  }
  counts_[run_bin].fetch_add(run_length, std::memory_order_relaxed);
}

std::vector<std::uint64_t> ScoreBins::Counts() const {
  std::vector<std::uint64_t> counts(counts_.size());
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
  return counts;
}

std::vector<std::uint64_t> CoarsenCounts(const std::vector<std::uint32_t>& keys,
                                         const std::vector<std::uint64_t>& counts,
                                         const std::vector<std::uint32_t>& coarse_keys) {
  std::vector<std::uint64_t> coarse(2 * coarse_keys.size() + 1, 0);
  std::size_t j = 0;  // first coarse threshold at or above keys[i]
  for (std::size_t i = 0; i < keys.size(); ++i) {
    while (j < coarse_keys.size() && coarse_keys[j] < keys[i]) ++j;
    const bool is_kept = j < coarse_keys.size() && coarse_keys[j] == keys[i];
    coarse[2 * j] += counts[2 * i];
    coarse[2 * j + (is_kept ? 1 : 0)] += counts[2 * i + 1];
  }
  coarse.back() += counts.back();
  return coarse;
}

}  // namespace touchstone
