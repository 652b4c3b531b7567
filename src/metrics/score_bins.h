#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace touchstone {

/// A score as an integer of the same order: a < b exactly if OrderKey(a) < OrderKey(b), and
/// -0 has the key of 0. Not for NaN.
std::uint32_t OrderKey(float score);

/// The score that has this key.
float ScoreOfKey(std::uint32_t key);

/// Counts scores at and between m fixed, distinct thresholds t_0 < ... < t_{m-1}:
///
///   bin 2 i      scores strictly between t_{i-1} and t_i   (t_{-1} = -inf, t_m = +inf)
///   bin 2 i + 1  scores equal to t_i
///
/// That is all that a ROC or PRO curve needs to know of the anomaly-free pixels, because its
/// height changes at scores of defect pixels only. Count() may run on many threads at once: the
/// counters are atomic integers, and integer sums do not depend on the order.
class ScoreBins {
 public:
  /// @param keys  [m] OrderKeys of the thresholds, strictly ascending; m may be 0.
  explicit ScoreBins(std::vector<std::uint32_t> keys);

  /// Adds every scores[i] with mask[i] == 0 (all of them where mask is null). No score may be NaN.
  /// Cost per score: O(1) where the thresholds are spread evenly, O(log m) at worst.
  void Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores);

  /// The bin of one score's key. Cost as in Count.
  std::size_t BinOf(std::uint32_t key) const;

  const std::vector<std::uint32_t>& keys() const { return keys_; }

  /// The counts so far: [2 m + 1].
  std::vector<std::uint64_t> Counts() const;

 private:
  std::vector<std::uint32_t> keys_;
  int shift_ = 0;                      // bucket of a key = (key - first key) >> shift_
  std::vector<std::uint32_t> starts_;  // [buckets + 1] index of the first threshold of a bucket
  std::vector<std::atomic<std::uint64_t>> counts_;
};

/// The counts that bins over fewer thresholds would have: `coarse_keys` is a subset of `keys`.
/// @param counts  [2 m + 1] over `keys`. @return [2 * coarse_keys.size() + 1].
std::vector<std::uint64_t> CoarsenCounts(const std::vector<std::uint32_t>& keys,
                                         const std::vector<std::uint64_t>& counts,
                                         const std::vector<std::uint32_t>& coarse_keys);

}  // namespace touchstone
