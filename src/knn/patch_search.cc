#include "touchstone/knn/patch_search.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr std::size_t kQueriesPerTask = 64;
constexpr float kUnfilled = std::numeric_limits<float>::infinity();

bool Nearer(const PatchNeighbor& a, const PatchNeighbor& b) {
  if (a.squared_distance != b.squared_distance) return a.squared_distance < b.squared_distance;
  return a.image != b.image ? a.image < b.image : a.location < b.location;
}

// Puts `candidate` into the sorted `best` [k] if it belongs there and is not there yet.
void Insert(PatchNeighbor* best, std::size_t k, const PatchNeighbor& candidate) {
  if (!Nearer(candidate, best[k - 1])) return;
  PatchNeighbor* place = std::lower_bound(best, best + k, candidate, Nearer);
  if (place->image == candidate.image && place->location == candidate.location) return;
  std::move_backward(place, best + k - 1, best + k);
  *place = candidate;
}

// Above this share of pairs looked at one by one, a product over whole rows is the cheaper way.
constexpr std::uint64_t kFewestPairsPerLook = 16;
// The first images say little of the others, since the best distances are not good ones yet; and after a
// while the short codes get another chance.
constexpr std::size_t kImagesBeforeJudging = 2;
constexpr std::size_t kImagesBetweenTrials = 16;

}  // namespace

PatchSearch::QueryCodes PatchSearch::RowMajor(const Codes& codes) {
  QueryCodes turned;
  turned.values.resize(codes.rows * codes.dims);
  turned.offsets.assign(codes.offsets.begin(),
                        codes.offsets.begin() + static_cast<std::ptrdiff_t>(codes.rows));
  for (std::size_t r = 0; r < codes.rows; ++r) {
    const float* block = codes.values.data() + r / Codes::kBlock * codes.dims * Codes::kBlock;
    for (std::size_t d = 0; d < codes.dims; ++d) {
      turned.values[r * codes.dims + d] = block[d * Codes::kBlock + r % Codes::kBlock];
    }
  }
  return turned;
}

PatchSearch::PatchSearch(RowsView query, const Projection& projection, std::size_t k)
    : query_(query), projection_(&projection), k_(k) {
  if (k < 1) throw Error(ErrorCode::kOption, "k = 0: at least 1 neighbour is needed");
  if (query.cols != projection.num_channels) {
    throw std::logic_error("PatchSearch: the projection is for another number of channels");
  }
  short_ = RowMajor(Encode(projection, query));
  best_.assign(query.rows * k, {kUnfilled, std::numeric_limits<std::int32_t>::max(), 0});
  const std::size_t num_tasks = (query.rows + kQueriesPerTask - 1) / kQueriesPerTask;
  num_exact_.assign(num_tasks, 0);
  wants_whole_.assign(num_tasks, 0);
}

bool PatchSearch::AnyTaskWantsWhole() const {
  if (num_images_added_ % kImagesBetweenTrials == 0) return false;
  return std::find(wants_whole_.begin(), wants_whole_.end(), 1) != wants_whole_.end();
}

void PatchSearch::AddImage(RowsView rows, const Codes& codes, std::int32_t image) {
  if (rows.cols != query_.cols || codes.rows != rows.rows || codes.dims != projection_->num_directions + 1) {
    throw std::logic_error("PatchSearch::AddImage: rows, codes and query do not belong together");
  }
  const bool use_whole = AnyTaskWantsWhole();
  Codes whole;
  if (use_whole) {
    whole = EncodeWhole(*projection_, rows);
    if (whole_.values.empty()) whole_ = RowMajor(EncodeWhole(*projection_, query_));
  }
  ParallelFor(num_exact_.size(), [&](std::size_t task) {
    if (use_whole && wants_whole_[task] != 0) {
      SearchTask(task, whole_, {rows, whole, image});
      return;
    }
    const std::uint64_t num_looks = SearchTask(task, short_, {rows, codes, image});
    const std::uint64_t num_pairs =
        std::min(kQueriesPerTask, query_.rows - task * kQueriesPerTask) * rows.rows;
    wants_whole_[task] =
        num_images_added_ >= kImagesBeforeJudging && num_looks * kFewestPairsPerLook > num_pairs;
  });
  ++num_images_added_;
  num_rows_added_ += rows.rows;
}

// The pair (q, g) can be among the k nearest only if bound(q, g) <= best[k - 1]; with (1), (2) of
// projection.h
//     code_q . code_g - offset_g  >=  offset_q - best[k - 1] / 2
std::uint64_t PatchSearch::SearchTask(std::size_t task, const QueryCodes& query,
                                      const GalleryImage& gallery) {
  const std::size_t first = task * kQueriesPerTask, last = std::min(first + kQueriesPerTask, query_.rows);
  const std::size_t dims = gallery.codes.dims;
  float thresholds[kQueriesPerTask];
  std::uint32_t masks[kQueriesPerTask];
  std::uint64_t num_exact = 0;
  const auto look_at = [&](std::size_t q, std::size_t row) {
    const float distance = SquaredDistance(query_.row(q), gallery.rows.row(row), query_.cols);
    Insert(best_.data() + q * k_, k_, {distance, gallery.image, static_cast<std::int32_t>(row)});
    ++num_exact;
  };
  const auto set_threshold = [&](std::size_t q) {
    thresholds[q - first] = query.offsets[q] - best_[q * k_ + k_ - 1].squared_distance / 2;
  };
  for (std::size_t q = first; q < last; ++q) {
    if (gallery.rows.rows == query_.rows) look_at(q, q);  // the same place: likely a good match
    set_threshold(q);
  }
  for (std::size_t block = 0; block * Codes::kBlock < gallery.rows.rows; ++block) {
    CompareBlock(query.values.data() + first * dims, last - first, dims,
                 gallery.codes.values.data() + block * dims * Codes::kBlock,
                 gallery.codes.offsets.data() + block * Codes::kBlock, thresholds, masks);
    for (std::size_t q = first; q < last; ++q) {
      std::uint32_t mask = masks[q - first];
      if (mask == 0) continue;
      for (; mask != 0; mask &= mask - 1) {
        look_at(q, block * Codes::kBlock + static_cast<std::size_t>(__builtin_ctz(mask)));
      }
      set_threshold(q);
    }
  }
  num_exact_[task] += num_exact;
  return num_exact;
}

std::uint64_t PatchSearch::num_exact() const {
  return std::accumulate(num_exact_.begin(), num_exact_.end(), std::uint64_t{0});
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
