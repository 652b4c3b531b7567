#include "touchstone/knn/patch_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

constexpr std::size_t kQueriesPerTask = 64;
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

// What a pair costs in each step, in operations on 8 floats: estimates, good enough to judge whether
// comparing whole rows would have been cheaper. Results do not depend on them.
constexpr double kRefineCost = 12;
constexpr double kMeasureCost = 0.8;  // for each channel
constexpr double kWholeCost = 0.15;   // for each channel
// The first images say little of the others, since the best distances are not good ones yet; and after a
// while the codes get another chance.
constexpr std::size_t kImagesBeforeJudging = 2;
constexpr std::size_t kImagesBetweenTrials = 16;

bool CodesToldTooLittle(const SearchCounts& counts, std::size_t channels) {
  const double spent = static_cast<double>(counts.refined) * kRefineCost +
                       static_cast<double>(counts.measured) * kMeasureCost * static_cast<double>(channels);
  return spent > static_cast<double>(counts.pairs) * kWholeCost * static_cast<double>(channels);
}

// Distances are rounded: a chain of C / 32 additions, and a few more.
float DistanceRounding(std::size_t channels) {
  return 1 + static_cast<float>(static_cast<double>(channels) / 32 + 16) * std::ldexp(1.0F, -23);
}

bool AreMadeOneByOne(const RowSource& rows) {
  std::vector<float> scratch(rows.cols());
  return rows.rows() > 0 && rows.Row(0, scratch.data()) == scratch.data();
}

std::vector<float> MakeAllRows(const RowSource& rows) {
  std::vector<float> made(rows.rows() * rows.cols());
  ParallelFor((rows.rows() + Codes::kBlock - 1) / Codes::kBlock, [&](std::size_t block) {
    const std::size_t last = std::min(rows.rows(), (block + 1) * Codes::kBlock);
    for (std::size_t r = block * Codes::kBlock; r < last; ++r) {
      rows.Row(r, made.data() + r * rows.cols());
    }
  });
  return made;
}

// A row of a matrix in blocks of 32 rows.
void CopyRow(const WholeRows& whole, std::size_t row, float* out) {
  const float* block = whole.values.data() + row / Codes::kBlock * Codes::kBlock * whole.cols;
  for (std::size_t c = 0; c < whole.cols; ++c) out[c] = block[c * Codes::kBlock + row % Codes::kBlock];
}

}  // namespace

SearchCounts& SearchCounts::operator+=(const SearchCounts& other) {
  pairs += other.pairs;
  refined += other.refined;
  measured += other.measured;
  return *this;
}

// The search of one image for one stretch of query rows.
class PatchSearch::Task {
 public:
  Task(PatchSearch* search, std::size_t task, const Gallery& gallery)
      : search_(*search),
        gallery_(gallery),
        first_(task * kQueriesPerTask),
        count_(std::min(kQueriesPerTask, search->query_.rows - first_)),
        scratch_(gallery.rows.cols()) {}

  /// By codes: short ones for all pairs, long ones for what passes, distances for what passes again.
  SearchCounts ByCodes() {
    const Codes& codes = gallery_.codes;
    const QueryCodes& query = search_.codes_;
    for (std::size_t i = 0; i < count_; ++i) SetReach(i);
    std::uint32_t masks[kQueriesPerTask];
    if (codes.rows == search_.query_.rows) {  // the same place of the picture: likely a good match
      static_assert(kQueriesPerTask % Codes::kBlock == 0);
      for (std::size_t block = first_ / Codes::kBlock; block * Codes::kBlock < first_ + count_; ++block) {
        for (std::size_t i = 0; i < count_; ++i) {
          const bool in_block = (first_ + i) / Codes::kBlock == block;
          masks[i] = in_block ? std::uint32_t{1} << (first_ + i) % Codes::kBlock : 0;
        }
        Refine(block, masks);
      }
    }
    std::int32_t thresholds[kQueriesPerTask];
    for (std::size_t block = 0; block < codes.num_blocks(); ++block) {
      ScanThresholds(reaches_, codes.block_errors[block], query.short_bases.data() + first_, count_,
                     thresholds);
      ScanBlock(query.short_codes.data() + first_ * query.short_dims, count_, query.short_dims,
                codes.short_codes.data() + block * Codes::kBlock * codes.short_dims,
                codes.short_starts.data() + block * Codes::kBlock, thresholds, masks);
      Refine(block, masks);
    }
    counts_.pairs += count_ * codes.rows;
    return counts_;
  }

  /// By a float product over whole rows. The pair (q, g) can be among the k nearest only if (4) of codes.h
  /// does not exceed best[k - 1]:   q' . g' - offset_g  >=  offset_q - best[k - 1] / 2
  SearchCounts ByWholeRows(const WholeRows& whole) {
    const std::size_t channels = whole.cols;
    std::vector<float> queries(count_ * channels);
    for (std::size_t i = 0; i < count_; ++i)
      CopyRow(search_.whole_, first_ + i, queries.data() + i * channels);
    float thresholds[kQueriesPerTask];
    std::uint32_t masks[kQueriesPerTask];
    const auto set_threshold = [&](std::size_t i) {
      thresholds[i] = search_.whole_.offsets[first_ + i] - Worst(i) / 2;
    };
    for (std::size_t i = 0; i < count_; ++i) set_threshold(i);
    for (std::size_t block = 0; block * Codes::kBlock < whole.rows; ++block) {
      CompareBlock(queries.data(), count_, channels, whole.values.data() + block * Codes::kBlock * channels,
                   whole.offsets.data() + block * Codes::kBlock, thresholds, masks);
      for (std::size_t i = 0; i < count_; ++i) {
        if (masks[i] == 0) continue;
        for (std::uint32_t mask = masks[i]; mask != 0; mask &= mask - 1) {
          Measure(i, block * Codes::kBlock + static_cast<std::size_t>(__builtin_ctz(mask)));
        }
        set_threshold(i);
      }
    }
    counts_.pairs += count_ * whole.rows;
    return counts_;
  }

 private:
  float Worst(std::size_t i) const {
    return search_.best_[(first_ + i) * search_.k_ + search_.k_ - 1].squared_distance;
  }

  // The right side of (3) of codes.h, but for what the gallery row adds.
  void SetReach(std::size_t i) {
    const float distance = std::sqrt(Worst(i)) * search_.rounding_ / search_.projection_->step;
    reaches_[i] = distance + search_.codes_.short_errors[first_ + i];
    long_reaches_[i] = distance + search_.codes_.long_errors[first_ + i];
  }

  // Tests the long codes of the pairs of a block that `masks` names, and measures what passes.
  void Refine(std::size_t block, const std::uint32_t* masks) {
    const Codes& codes = gallery_.codes;
    const std::size_t first_row = block * Codes::kBlock;
    const LongQueries queries{search_.codes_.long_codes.data() + first_ * codes.long_dims,
                              search_.codes_.long_bases.data() + first_, long_reaches_, count_};
    const LongBlock rows{codes.long_codes.data() + first_row * codes.long_dims,
                         codes.long_norms.data() + first_row, codes.long_errors.data() + first_row,
                         codes.long_dims};
    RefinedPair pairs[kQueriesPerTask * Codes::kBlock];
    const std::size_t num_pairs = RefineBlock(queries, rows, masks, pairs, &counts_.refined);
    for (std::size_t n = 0; n < num_pairs; ++n) {
      const std::size_t i = pairs[n].pair / Codes::kBlock, j = pairs[n].pair % Codes::kBlock;
      const float reach = long_reaches_[i] + rows.errors[j];  // shorter by now, perhaps
      if (pairs[n].squared > reach * reach * 1.000001F) continue;
      if (Measure(i, first_row + j)) SetReach(i);
    }
  }

  // Computes the distance. @return whether it is one of the k nearest so far.
  bool Measure(std::size_t i, std::size_t row) {
    const std::size_t q = first_ + i;
    const float distance =
        SquaredDistance(search_.query_.row(q), gallery_.rows.Row(row, scratch_.data()), search_.query_.cols);
    ++counts_.measured;
    return Insert(search_.best_.data() + q * search_.k_, search_.k_,
                  {distance, gallery_.image, static_cast<std::int32_t>(row)});
  }

  PatchSearch& search_;
  const Gallery& gallery_;
  std::size_t first_, count_;
  std::vector<float> scratch_;
  float reaches_[kQueriesPerTask];       // in steps
  float long_reaches_[kQueriesPerTask];  // in steps
  SearchCounts counts_;
};

PatchSearch::PatchSearch(RowsView query, const Projection& projection, std::size_t k)
    : query_(query), projection_(&projection), k_(k), rounding_(DistanceRounding(query.cols)) {
  if (k < 1) throw Error(ErrorCode::kOption, "k = 0: at least 1 neighbour is needed");
  if (query.cols != projection.num_channels) {
    throw std::logic_error("PatchSearch: the projection is for another number of channels");
  }
  codes_ = EncodeQuery(projection, query);
  best_.assign(query.rows * k, {kUnfilled, std::numeric_limits<std::int32_t>::max(), 0});
  const std::size_t num_tasks = (query.rows + kQueriesPerTask - 1) / kQueriesPerTask;
  counts_.resize(num_tasks);
  wants_whole_.assign(num_tasks, 0);
}

bool PatchSearch::AnyTaskWantsWhole() const {
  if (num_images_added_ % kImagesBetweenTrials == 0) return false;
  return std::find(wants_whole_.begin(), wants_whole_.end(), 1) != wants_whole_.end();
}

void PatchSearch::AddImage(const RowSource& rows, const Codes& codes, std::int32_t image) {
  if (rows.cols() != query_.cols || codes.rows != rows.rows() || codes.short_dims != codes_.short_dims ||
      codes.long_dims != codes_.long_dims) {
    throw std::logic_error("PatchSearch::AddImage: rows, codes and query do not belong together");
  }
  const std::uint64_t measured_before = counts().measured;
  if (num_measured_in_last_ > rows.rows() / 2 && AreMadeOneByOne(rows)) {
    // Each row is looked at more than once, so making all of them first costs less.
    const std::vector<float> made = MakeAllRows(rows);
    SearchImage({MatrixRows({made.data(), rows.rows(), rows.cols()}), codes, image});
  } else {
    SearchImage({rows, codes, image});
  }
  num_measured_in_last_ = counts().measured - measured_before;
  ++num_images_added_;
  num_rows_added_ += codes.rows;
}

void PatchSearch::SearchImage(const Gallery& gallery) {
  const bool use_whole = AnyTaskWantsWhole();
  WholeRows whole;
  if (use_whole) {
    whole = MakeWholeRows(*projection_, gallery.rows);
    if (whole_.values.empty()) whole_ = MakeWholeRows(*projection_, MatrixRows(query_));
  }
  ParallelFor(counts_.size(), [&](std::size_t task) {
    if (use_whole && wants_whole_[task] != 0) {
      counts_[task] += Task(this, task, gallery).ByWholeRows(whole);
      return;
    }
    const SearchCounts counts = Task(this, task, gallery).ByCodes();
    wants_whole_[task] =
        num_images_added_ >= kImagesBeforeJudging && CodesToldTooLittle(counts, query_.cols) ? 1 : 0;
    counts_[task] += counts;
  });
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
