#include "touchstone/knn/patch_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>

#include "knn/byte_tiles.h"
#include "knn/kernels.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

constexpr float kUnfilled = std::numeric_limits<float>::infinity();

bool Nearer(const PatchNeighbor& a, const PatchNeighbor& b) {
  if (a.squared_distance != b.squared_distance) return a.squared_distance < b.squared_distance;
  return a.image != b.image ? a.image < b.image : a.location < b.location;
}

// Puts `candidate` into the sorted `best` [k] if it belongs there and is not there yet.
// @return whether it was put there.
bool Insert(PatchNeighbor* best, std::size_t k, const PatchNeighbor& candidate) {
  if (!Nearer(candidate, best[k - 1])) return false;
  PatchNeighbor* place = std::lower_bound(best, best + k, candidate, Nearer);
  if (place->image == candidate.image && place->location == candidate.location) return false;
  std::move_backward(place, best + k - 1, best + k);
  *place = candidate;
  return true;
}

// What a pair costs in each step, in nanoseconds of a CPU with AVX-512: estimates, good enough to judge
// whether comparing whole rows would be cheaper. Results do not depend on them.
constexpr double kScanCost = 0.2, kTileScanCost = 0.08;
constexpr double kRefineCost = 4;
constexpr double kMeasureCost = 0.1;  // for each channel
constexpr double kWholeCost = 0.012;  // for each channel

// Whether the codes have cost as much already as half of comparing all `pairs` in full would.
bool CodesTellTooLittle(const SearchCounts& counts, bool has_leaves, std::size_t pairs,
                        std::size_t channels) {
  const double spent = static_cast<double>(counts.scanned) * (has_leaves ? kScanCost : kTileScanCost) +
                       static_cast<double>(counts.refined) * kRefineCost +
                       static_cast<double>(counts.measured) * kMeasureCost * static_cast<double>(channels);
  return spent > static_cast<double>(pairs) * kWholeCost * static_cast<double>(channels) / 2;
}

// Codes that told too little get another chance: after 1, 2, 4, 8 images, since the first best distances are
// no good ones, and after every 16.
bool IsTrial(std::size_t num_images_added) {
  return (num_images_added & (num_images_added - 1)) == 0 || num_images_added % 16 == 0;
}

// Distances are rounded: a chain of C / 32 additions, and a few more.
float DistanceRounding(std::size_t channels) {
  return 1 + static_cast<float>(static_cast<double>(channels) / 32 + 16) * std::ldexp(1.0F, -23);
}

}  // namespace

SearchCounts& SearchCounts::operator+=(const SearchCounts& other) {
  pairs += other.pairs;
  scanned += other.scanned;
  refined += other.refined;
  measured += other.measured;
  by_head += other.by_head;
  return *this;
}

// An image's rows in full, made when the first task wants them.
class PatchSearch::WholeGallery {
 public:
  WholeGallery(const Projection& projection, const RowSource& rows) : projection_(projection), rows_(rows) {}
  const WholeRows& Get() {
    std::call_once(once_, [this] { whole_ = MakeWholeRows(projection_, rows_); });
    return whole_;
  }

 private:
  const Projection& projection_;
  const RowSource& rows_;
  std::once_flag once_;
  WholeRows whole_;
};

// The search of one image for one stretch of query rows.
class PatchSearch::Task {
 public:
  Task(PatchSearch* search, std::size_t task, const Gallery& gallery)
      : search_(*search),
        gallery_(gallery),
        first_(task * kQueriesPerTask),
        count_(std::min(kQueriesPerTask, search->query_.rows - first_)),
        scratch_(gallery.rows.cols()) {}

  /// The distances between the same places of both pictures, and to those before and after them, which are
  /// good ones to start with.
  void MeasureSamePlaces() {
    for (std::size_t i = 0; i < count_; ++i) {
      const std::size_t place = first_ + i;
      Measure(i, place);
      if (place > 0) Measure(i, place - 1);
      if (place + 1 < gallery_.rows.rows()) Measure(i, place + 1);
    }
  }

  /// By codes: leaves, then short ones, then long ones, then distances for what passes them all.
  /// @return whether it went to the end: false if whole rows would cost less.
  bool ByCodes() {
    const Codes& codes = gallery_.codes;
    CodePairs pairs;
    for (std::size_t i = 0; i < count_; ++i) {
      if (Worst(i) == 0) SetReach(i);  // which depends on the image, too
    }
    const SearchCounts before = counts_;
    const TileRegisters registers(search_.projection_->for_tiles);
    for (std::size_t group = 0; group < codes.num_groups(); ++group) {
      const LeafGroup leaves = GroupAt(group);
      FilterCounts filtered;
      FilterGroup(Tile(), leaves, &pairs, &filtered);
      counts_.pairs += count_ * leaves.rows;
      counts_.scanned += filtered.scanned;
      counts_.refined += filtered.refined;
      SearchCounts by_codes = counts_;  // without the same places
      by_codes.measured += pairs.count - before.measured;
      if (CodesTellTooLittle(by_codes, codes.has_leaves(), count_ * codes.rows, search_.query_.cols)) {
        counts_.pairs = before.pairs;  // they will be dealt with again
        return false;
      }
      MeasurePairs(pairs, group * kRowsOfGroup);
    }
    return true;
  }

  /// By a float product over whole rows. The pair (q, g) can be among the k nearest only if (4) of
  /// whole_rows.h does not exceed best[k - 1]:   q' . g' - offset_g  >=  offset_q - best[k - 1] / 2
  void ByWholeRows(const WholeRows& whole) {
    const RowsView& all = search_.query_;
    const WholeRows queries =
        MakeWholeRows(*search_.projection_, MatrixRows({all.row(first_), count_, all.cols}));
    std::vector<float> rows(count_ * all.cols);
    for (std::size_t i = 0; i < count_; ++i) CopyRow(queries, i, rows.data() + i * all.cols);
    float thresholds[kQueriesPerTask];
    std::uint32_t masks[kQueriesPerTask];
    const auto set_threshold = [&](std::size_t i) { thresholds[i] = queries.offsets[i] - Worst(i) / 2; };
    for (std::size_t i = 0; i < count_; ++i) set_threshold(i);
    for (std::size_t first = 0; first < whole.blocks.rows; first += WholeRows::kBlock) {
      CompareBlock(rows.data(), count_, all.cols, whole.blocks.values.data() + first * all.cols,
                   whole.offsets.data() + first, thresholds, masks);
      for (std::size_t i = 0; i < count_; ++i) {
        if (masks[i] == 0) continue;
        for (std::uint32_t mask = masks[i]; mask != 0; mask &= mask - 1) {
          const std::size_t row = first + static_cast<std::size_t>(__builtin_ctz(mask));
          if (CanBeAmong(i, row)) Measure(i, row);
        }
        set_threshold(i);
      }
    }
    counts_.pairs += count_ * whole.blocks.rows;
  }

  const SearchCounts& counts() const { return counts_; }

 private:
  static constexpr std::size_t kRowsOfGroup = CodePairs::kGroupRows;
  static_assert(kRowsOfGroup == Codes::kLeaf * Codes::kGroup);
  static_assert(kQueriesPerTask == kTileQueries);

  static void CopyRow(const WholeRows& whole, std::size_t row, float* out) {
    const RowBlocks& blocks = whole.blocks;
    const float* block = blocks.values.data() + row / WholeRows::kBlock * WholeRows::kBlock * blocks.cols;
    for (std::size_t c = 0; c < blocks.cols; ++c) {
      out[c] = block[c * WholeRows::kBlock + row % WholeRows::kBlock];
    }
  }

  QueryTile Tile() const {
    const QueryCodes& codes = search_.codes_;
    return {count_,
            codes.short_dims,
            codes.long_dims,
            codes.double_scale,
            search_.projection_->long_weight,
            codes.short_codes.data() + first_ * codes.short_dims,
            codes.long_codes.data() + first_ * codes.long_dims,
            codes.short_bases.data() + first_,
            codes.long_terms.data() + first_,
            codes.short_terms.data() + first_,
            search_.reaches_.data() + first_,
            search_.long_reaches_.data() + first_};
  }

  LeafGroup GroupAt(std::size_t group) const {
    const Codes& codes = gallery_.codes;
    const std::size_t first = group * kRowsOfGroup;
    const auto of_leaves = [&](const auto& values, std::size_t size) {
      return codes.has_leaves() ? values.data() + group * Codes::kGroup * size : nullptr;
    };
    return {std::min(kRowsOfGroup, codes.rows - first),
            of_leaves(codes.centre_codes, codes.short_dims),
            of_leaves(codes.centre_norms, 1),
            of_leaves(codes.radii, 1),
            codes.short_codes.data() + first * codes.short_dims,
            codes.long_codes.data() + first * codes.long_dims,
            codes.short_norms.data() + first,
            codes.long_norms.data() + first,
            codes.long_errors.data() + first,
            codes.short_errors[group]};
  }

  float Worst(std::size_t i) const {
    return search_.best_[(first_ + i) * search_.k_ + search_.k_ - 1].squared_distance;
  }

  // Whether a row of the image could be one of the k nearest if its distance were 0, the least there is: of
  // equal ones the lowest image and location counts. False for most where many rows are the same.
  bool CanBeAmong(std::size_t i, std::size_t row) const {
    const PatchNeighbor nearest{0, gallery_.image, static_cast<std::int32_t>(row)};
    return Nearer(nearest, search_.best_[(first_ + i) * search_.k_ + search_.k_ - 1]);
  }

  // The right side of (3) of codes.h, but for what the gallery row adds. Not a number, which no pair passes,
  // where no row of the image can be among the nearest.
  void SetReach(std::size_t i) {
    const std::size_t q = first_ + i;
    if (!CanBeAmong(i, 0)) {
      search_.reaches_[q] = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    const Projection& projection = *search_.projection_;
    const float distance = std::sqrt(Worst(i)) * search_.rounding_;
    search_.reaches_[q] =
        std::min(distance / projection.short_step + search_.codes_.short_errors[q], kFarthest);
    search_.long_reaches_[q] = distance / projection.long_step + search_.codes_.long_errors[q];
  }

  // For each query row the pair of the least bound first: what it is found to be rules out most of the
  // others.
  void MeasurePairs(const CodePairs& pairs, std::size_t first_place) {
    constexpr std::size_t kNone = CodePairs::kMost;
    std::size_t nearest[kQueriesPerTask];
    std::fill(nearest, nearest + count_, kNone);
    for (std::size_t n = 0; n < pairs.count; ++n) {
      std::size_t& of_row = nearest[static_cast<std::size_t>(pairs.pairs[n]) / kRowsOfGroup];
      if (of_row == kNone || pairs.squared[n] < pairs.squared[of_row]) of_row = n;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (nearest[i] != kNone) MeasurePair(pairs, nearest[i], first_place);
    }
    for (std::size_t n = 0; n < pairs.count; ++n) {
      if (nearest[static_cast<std::size_t>(pairs.pairs[n]) / kRowsOfGroup] != n)
        MeasurePair(pairs, n, first_place);
    }
  }

  // Unless its bound is too large by now.
  void MeasurePair(const CodePairs& pairs, std::size_t n, std::size_t first_place) {
    const auto pair = static_cast<std::size_t>(pairs.pairs[n]);
    const std::size_t i = pair / kRowsOfGroup, place = first_place + pair % kRowsOfGroup;
    const float reach = search_.long_reaches_[first_ + i] + gallery_.codes.long_errors[place];
    if (pairs.squared[n] > reach * reach * 1.00001F || !CanBeAmong(i, gallery_.codes.order[place])) return;
    Measure(i, gallery_.codes.order[place]);
  }

  // Whether the distance is greater than the k-th best for sure. The parts are added up in another order than
  // the distance is, each rounded like it.
  bool IsFartherByHead(std::size_t q, std::size_t row, float worst) {
    const TailDistances& tail = *gallery_.tail;
    const float limit = worst * search_.rounding_ * search_.rounding_ * search_.rounding_;
    const float of_tail = tail.AtLeast(q, row);
    if (of_tail > limit) return true;
    const std::size_t size = tail.num_head_channels();
    return SquaredDistance(search_.query_.row(q), tail.Head(row, scratch_.data()), size) + of_tail > limit;
  }

  // Computes the distance, unless the row is absent, and keeps it if it is one of the k least so far.
  void Measure(std::size_t i, std::size_t row) {
    if (gallery_.absent != nullptr && gallery_.absent[row] != 0) return;
    const std::size_t q = first_ + i;
    ++counts_.measured;
    if (gallery_.tail != nullptr && IsFartherByHead(q, row, Worst(i))) {
      ++counts_.by_head;
      return;
    }
    const float distance =
        SquaredDistance(search_.query_.row(q), gallery_.rows.Row(row, scratch_.data()), search_.query_.cols);
    const PatchNeighbor candidate{distance, gallery_.image, static_cast<std::int32_t>(row)};
    if (Insert(search_.best_.data() + q * search_.k_, search_.k_, candidate)) SetReach(i);
  }

  PatchSearch& search_;
  const Gallery& gallery_;
  std::size_t first_, count_;
  std::vector<float> scratch_;
  SearchCounts counts_;
};

PatchSearch::PatchSearch(RowsView query, QueryCodes codes, const Projection& projection, std::size_t k)
    : query_(query),
      projection_(&projection),
      k_(k),
      rounding_(DistanceRounding(query.cols)),
      codes_(std::move(codes)) {
  if (k < 1) throw Error(ErrorCode::kOption, "k = 0: at least 1 neighbour is needed");
  if (query.cols != projection.num_channels || codes_.rows != query.rows) {
    throw std::logic_error("PatchSearch: query, codes and projection do not belong together");
  }
  best_.assign(query.rows * k, {kUnfilled, std::numeric_limits<std::int32_t>::max(), 0});
  reaches_.assign(query.rows, kFarthest);
  long_reaches_.assign(query.rows, std::numeric_limits<float>::infinity());
  const std::size_t num_tasks = (query.rows + kQueriesPerTask - 1) / kQueriesPerTask;
  counts_.resize(num_tasks);
  wants_whole_.assign(num_tasks, 0);
}

PatchSearch::PatchSearch(RowsView query, const Projection& projection, std::size_t k)
    : PatchSearch(query, EncodeQuery(projection, MatrixRows(query)), projection, k) {}

void PatchSearch::AddImage(const RowSource& rows, const Codes& codes, std::int32_t image, const char* absent,
                           TailDistances* tail) {
  if (rows.cols() != query_.cols || codes.rows != rows.rows() || codes.short_dims != codes_.short_dims ||
      codes.long_dims != codes_.long_dims) {
    throw std::logic_error("PatchSearch::AddImage: rows, codes and query do not belong together");
  }
  const std::uint64_t measured_before = counts().measured;
  const bool has_pairs_enough = tail != nullptr && measured_of_last_image_ > tail->num_worthwhile_pairs();
  if (has_pairs_enough) tail->Prepare();
  SearchImage({rows, codes, image, absent, has_pairs_enough ? tail : nullptr});
  measured_of_last_image_ = counts().measured - measured_before;
  ++num_images_added_;
  num_rows_added_ += codes.rows;
  for (std::size_t row = 0; absent != nullptr && row < codes.rows; ++row)
    num_rows_added_ -= absent[row] != 0 ? 1 : 0;
}

void PatchSearch::SearchImage(const Gallery& gallery) {
  WholeGallery whole(*projection_, gallery.rows);
  ParallelFor(counts_.size(), [&](std::size_t task) { SearchTask(task, gallery, &whole); });
}

void PatchSearch::SearchTask(std::size_t task, const Gallery& gallery, WholeGallery* whole) {
  Task search(this, task, gallery);
  if (num_images_added_ == 0 && gallery.rows.rows() == query_.rows) search.MeasureSamePlaces();
  if (wants_whole_[task] == 0 || IsTrial(num_images_added_)) wants_whole_[task] = search.ByCodes() ? 0 : 1;
  if (wants_whole_[task] != 0) search.ByWholeRows(whole->Get());
  counts_[task] += search.counts();
}

SearchCounts PatchSearch::counts() const {
  SearchCounts total;
  for (const SearchCounts& counts : counts_) total += counts;
  return total;
}

std::vector<PatchNeighbor> PatchSearch::Result() const {
  if (num_rows_added_ < k_) {
    throw Error(ErrorCode::kOption, "k = " + std::to_string(k_) + " neighbours: must not exceed the " +
                                        std::to_string(num_rows_added_) +
                                        " locations of the images searched");
  }
  return best_;
}

}  // namespace touchstone
