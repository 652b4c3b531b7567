#include "score_bins.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace touchstone {
namespace {

constexpr std::uint32_t kMinBuckets = 1U << 10;
constexpr std::uint32_t kMaxBuckets = 1U << 22;
constexpr std::uint32_t kBucketsPerThreshold = 4;
constexpr std::uint32_t kFew = 8;  // thresholds of a bucket that are looked at one after the other
constexpr std::size_t kMostCached = std::size_t{1}
                                    << 16;  // thresholds whose tables and counters stay at hand
constexpr std::size_t kParts = 512;
constexpr std::size_t kMostAtOnce = std::size_t{1} << 22;  // scores
constexpr std::size_t kCounterBytes = std::size_t{256} << 20;
constexpr std::uint64_t kMostCounted = std::numeric_limits<std::uint32_t>::max();

constexpr std::uint32_t kSignBit = 1U << 31;

// Below how many thresholds a score is searched for on the average, up to a factor, if it is one of theirs.
double Crowding(const std::vector<std::uint32_t>& starts) {
  double sum = 0;
  for (std::size_t b = 1; b < starts.size(); ++b) {
    const double inside = starts[b] - starts[b - 1];
    sum += inside * inside;
  }
  return sum;
}

}  // namespace

float ScoreOfKey(std::uint32_t key) {
  const std::uint32_t bits = (key & kSignBit) != 0 ? key & ~kSignBit : ~key;
  float score = 0;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

ScoreBins::Rule ScoreBins::KeyRule(std::uint32_t first_key, std::uint32_t last_key,
                                   std::uint32_t num_buckets) {
  Rule rule;
  rule.first_key = first_key;
  rule.last_key = last_key;
  while ((last_key - first_key) >> rule.shift >= num_buckets) ++rule.shift;
  rule.num_buckets = ((last_key - first_key) >> rule.shift) + 1;
  return rule;
}

ScoreBins::Rule ScoreBins::LinearRule(std::uint32_t first_key, std::uint32_t last_key,
                                      std::uint32_t num_buckets) {
  Rule rule;
  rule.is_linear = true;
  rule.low = ScoreOfKey(first_key);
  rule.num_buckets = num_buckets;
  rule.scale = static_cast<float>(num_buckets) / (ScoreOfKey(last_key) - rule.low);
  return rule;
}

template <bool kIsLinear>
inline std::uint32_t ScoreBins::BucketOf(const Rule& rule, float score) {
  if constexpr (kIsLinear) {
    // Rounded, but never so that a higher score comes out lower.
    const float place = (score - rule.low) * rule.scale;
    const auto last = static_cast<float>(rule.num_buckets - 1);
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(std::min(std::max(0.0F, place), last)));
  } else {
    return (std::clamp(OrderKey(score), rule.first_key, rule.last_key) - rule.first_key) >> rule.shift;
  }
}

template <bool kIsLinear>
std::vector<std::uint32_t> ScoreBins::StartsOf(const Rule& rule) const {
  std::vector<std::uint32_t> starts(rule.num_buckets + 1, 0);
  for (std::size_t i = 0; i < num_keys_; ++i) ++starts[BucketOf<kIsLinear>(rule, ScoreOfKey(keys_[i])) + 1];
  for (std::size_t b = 1; b < starts.size(); ++b) starts[b] += starts[b - 1];
  return starts;
}

ScoreBins::ScoreBins(std::vector<std::uint32_t> keys) : num_keys_(keys.size()), keys_(std::move(keys)) {
  keys_.push_back(std::numeric_limits<std::uint32_t>::max());
  if (num_keys_ == 0) return;
  const std::uint32_t first = keys_.front(), last = keys_[num_keys_ - 1];
  const auto num_buckets = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(kBucketsPerThreshold * num_keys_, kMinBuckets, kMaxBuckets));
  rule_ = KeyRule(first, last, num_buckets);
  starts_ = StartsOf<false>(rule_);
  const Rule linear = LinearRule(first, last, num_buckets);
  if (!std::isnormal(linear.scale) || !std::isfinite(linear.low)) return;
  std::vector<std::uint32_t> starts = StartsOf<true>(linear);
  if (Crowding(starts) >= Crowding(starts_)) return;
  rule_ = linear;
  starts_ = std::move(starts);
}

// Holds all it reads by value: what is counted could otherwise be taken for a part of it.
template <bool kIsLinear>
struct ScoreBins::Finder {
  explicit Finder(const ScoreBins& bins)
      : rule(bins.rule_), keys(bins.keys_.data()), starts(bins.starts_.data()) {}

  std::size_t operator()(float score) const {
    const std::uint32_t key = OrderKey(score);
    const std::uint32_t bucket = BucketOf<kIsLinear>(rule, score);
    const std::uint32_t* first = keys + starts[bucket];
    const std::uint32_t num_inside = starts[bucket + 1] - starts[bucket];
    // The first threshold at or above the key is in this bucket, or it is the next bucket's first one.
    if (num_inside <= kFew) {
      while (*first < key) ++first;
    } else {
      first = std::lower_bound(first, first + num_inside, key);
    }
    return 2 * static_cast<std::size_t>(first - keys) + (*first == key ? 1 : 0);
  }

  void Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores,
             std::uint32_t* counts) const {
    for (std::size_t i = 0; i < num_scores; ++i) {
      if (mask == nullptr || mask[i] == 0) ++counts[(*this)(scores[i])];
    }
  }

  // Puts the unmasked scores, at most kMostAtOnce, in the order of their parts: equal shares of the buckets.
  // @return how many they are.
  std::size_t PartlySort(const float* scores, const std::uint8_t* mask, std::size_t num_scores,
                         std::vector<float>* sorted) const {
    int shift = 0;
    while ((rule.num_buckets - 1) >> shift >= kParts) ++shift;
    const auto part_of = [&](float score) { return BucketOf<kIsLinear>(rule, score) >> shift; };
    std::array<std::uint32_t, kParts + 1> ends{};  // first the size of each part, one place further on
    for (std::size_t i = 0; i < num_scores; ++i) {
      if (mask == nullptr || mask[i] == 0) ++ends[part_of(scores[i]) + 1];
    }
    for (std::size_t part = 1; part <= kParts; ++part) ends[part] += ends[part - 1];
    const std::size_t num_sorted = ends[kParts];
    sorted->resize(std::max(sorted->size(), num_sorted));
    float* out = sorted->data();
    for (std::size_t i = 0; i < num_scores; ++i) {
      if (mask == nullptr || mask[i] == 0) out[ends[part_of(scores[i])]++] = scores[i];
    }
    return num_sorted;
  }

  Rule rule;
  const std::uint32_t* keys;
  const std::uint32_t* starts;
};

std::size_t ScoreBins::BinOf(float score) const {
  if (num_keys_ == 0) return 0;
  return rule_.is_linear ? Finder<true>(*this)(score) : Finder<false>(*this)(score);
}

void ScoreBins::Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores,
                      std::uint32_t* counts, std::vector<float>* scratch) const {
  if (num_keys_ == 0) {
    const std::ptrdiff_t num_free =
        mask == nullptr ? static_cast<std::ptrdiff_t>(num_scores) : std::count(mask, mask + num_scores, 0);
    counts[0] += static_cast<std::uint32_t>(num_free);
    return;
  }
  const auto count = [&](const auto& finder) {
    if (num_keys_ <= kMostCached) return finder.Count(scores, mask, num_scores, counts);
    for (std::size_t i = 0; i < num_scores; i += kMostAtOnce) {
      const std::size_t num_sorted = finder.PartlySort(scores + i, mask == nullptr ? mask : mask + i,
                                                       std::min(num_scores - i, kMostAtOnce), scratch);
      finder.Count(scratch->data(), nullptr, num_sorted, counts);
    }
  };
  if (rule_.is_linear) {
    count(Finder<true>(*this));
  } else {
    count(Finder<false>(*this));
  }
}

BinCounter::BinCounter(const ScoreBins& bins)
    : bins_(bins),
      num_left_(std::max<std::size_t>(1, kCounterBytes / (bins.num_bins() * sizeof(std::uint32_t)))) {}

std::unique_ptr<BinCounter::Counters> BinCounter::Borrow() {
  std::unique_lock<std::mutex> lock(mutex_);
  was_given_back_.wait(lock, [this] { return !idle_.empty() || num_left_ > 0; });
  if (!idle_.empty()) {
    std::unique_ptr<Counters> counters = std::move(idle_.back());
    idle_.pop_back();
    return counters;
  }
  --num_left_;
  lock.unlock();
  auto counters = std::make_unique<Counters>();
  counters->counts.resize(bins_.num_bins());
  return counters;
}

void BinCounter::GiveBack(std::unique_ptr<Counters> counters) {
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(std::move(counters));
  was_given_back_.notify_one();
}

void BinCounter::AddToSum(Counters* counters) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sum_.resize(bins_.num_bins());
  for (std::size_t bin = 0; bin < sum_.size(); ++bin) sum_[bin] += counters->counts[bin];
  std::fill(counters->counts.begin(), counters->counts.end(), 0);
  counters->num_counted = 0;
}

void BinCounter::Count(const float* scores, const std::uint8_t* mask, std::size_t num_scores) {
  std::unique_ptr<Counters> counters = Borrow();
  while (num_scores > 0) {
    const std::size_t part = std::min<std::size_t>(num_scores, kMostCounted);
    if (counters->num_counted + part > kMostCounted) AddToSum(counters.get());
    bins_.Count(scores, mask, part, counters->counts.data(), &counters->scratch);
    counters->num_counted += part;
    num_scores -= part;
    scores += part;
    if (mask != nullptr) mask += part;
  }
  GiveBack(std::move(counters));
}

std::vector<std::uint64_t> BinCounter::Counts() const {
  std::vector<std::uint64_t> counts(bins_.num_bins());
  if (!sum_.empty()) counts = sum_;
  for (const auto& counters : idle_) {
    for (std::size_t bin = 0; bin < counts.size(); ++bin) counts[bin] += counters->counts[bin];
  }
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
