#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

namespace touchstone {

/// A score as an integer of the same order: a < b exactly if OrderKey(a) < OrderKey(b), and
/// -0 has the key of 0. Not for NaN.
inline std::uint32_t OrderKey(float score) {
  const float unsigned_zero = score + 0.0F;  // -0 + 0 = 0
  std::uint32_t bits = 0;
  static_assert(sizeof bits == sizeof unsigned_zero);
  std::memcpy(&bits, &unsigned_zero, sizeof bits);
  // IEEE 754 numbers are sign and magnitude: turn negative ones round, put positive ones above.
  return bits ^ (static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 31) | std::uint32_t{1} << 31);
}

/// The score that has this key.
float ScoreOfKey(std::uint32_t key);

/// Bins at and between m fixed, distinct thresholds t_0 < ... < t_{m-1}:
///
///   bin 2 i      scores strictly between t_{i-1} and t_i   (t_{-1} = -inf, t_m = +inf)
///   bin 2 i + 1  scores equal to t_i
///
/// How many anomaly-free pixels lie in each is all that a ROC or PRO curve needs to know of them, because its
/// height changes at scores of defect pixels only. Looking up never alters anything: any number of threads
/// may.
class ScoreBins {
 public:
  /// @param keys  [m] OrderKeys of the thresholds, strictly ascending; m may be 0.
  explicit ScoreBins(std::vector<std::uint32_t> keys);

  /// The bin of one score, not NaN. Cost O(1) where the thresholds are spread evenly, over the numbers or
  /// over their logarithms, O(log m) at worst.
  std::size_t BinOf(float score) const;

  /// Adds one to counts[bin] for every scores[i] with mask[i] == 0 (for all of them where mask is null).
  /// Where the thresholds are too many for the processor's caches, scores are sorted roughly first, so that
  /// lookups go through them once from one end to the other.
  /// @param counts   [num_bins()]; none may have room for fewer than num_scores more.
  /// @param scratch  room that may be used again by the next call.
  void Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores, std::uint32_t* counts,
             std::vector<float>* scratch) const;

  std::size_t num_bins() const { return 2 * num_keys_ + 1; }

  /// [m] as given.
  std::vector<std::uint32_t> keys() const { return {keys_.begin(), keys_.begin() + num_keys_}; }

 private:
  // A rule that sends scores into buckets, never a higher one into a lower bucket.
  struct Rule {
    bool is_linear = false;  // bucket = (score - low) * scale; otherwise (key - first_key) >> shift
    float low = 0, scale = 0;
    std::uint32_t first_key = 0, last_key = 0;
    int shift = 0;
    std::uint32_t num_buckets = 0;
  };
  static Rule LinearRule(std::uint32_t first_key, std::uint32_t last_key, std::uint32_t num_buckets);
  static Rule KeyRule(std::uint32_t first_key, std::uint32_t last_key, std::uint32_t num_buckets);
  template <bool kIsLinear>
  static std::uint32_t BucketOf(const Rule& rule, float score);
  template <bool kIsLinear>
  std::vector<std::uint32_t> StartsOf(const Rule& rule) const;
  // Looks scores up by the rule of its kind.
  template <bool kIsLinear>
  struct Finder;

  std::size_t num_keys_ = 0;
  std::vector<std::uint32_t> keys_;  // [m + 1] the last one is above every key
  Rule rule_;
  std::vector<std::uint32_t> starts_;  // [buckets + 1] index of the first threshold of a bucket
};

/// Counts scores in bins from many threads at once: each has counters of its own, so that they do not wait
/// for each other's memory, and whole numbers have one sum in any order.
class BinCounter {
 public:
  /// @param bins  must outlive this.
  explicit BinCounter(const ScoreBins& bins);

  /// ScoreBins::Count. Waits for another thread where more counters would not fit in the memory meant for
  /// them, 256 MB.
  void Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores);

  /// The counts so far, [bins.num_bins()]; not while others count.
  std::vector<std::uint64_t> Counts() const;

 private:
  struct Counters {
    std::vector<std::uint32_t> counts;
    std::vector<float> scratch;
    std::uint64_t num_counted = 0;  // no count can be higher
  };
  std::unique_ptr<Counters> Borrow();
  void GiveBack(std::unique_ptr<Counters> counters);
  void AddToSum(Counters* counters);

  const ScoreBins& bins_;
  std::size_t num_left_;  // counters that may still be made
  std::mutex mutex_;
  std::condition_variable was_given_back_;
  std::vector<std::unique_ptr<Counters>> idle_;
  std::vector<std::uint64_t> sum_;  // of what no longer fitted in 32 bits; empty = nothing yet
};

/// The counts that bins over fewer thresholds would have: `coarse_keys` is a subset of `keys`.
/// @param counts  [2 m + 1] over `keys`. @return [2 * coarse_keys.size() + 1].
std::vector<std::uint64_t> CoarsenCounts(const std::vector<std::uint32_t>& keys,
                                         const std::vector<std::uint64_t>& counts,
                                         const std::vector<std::uint32_t>& coarse_keys);

}  // namespace touchstone
