#include "touchstone/knn/ivfpq.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "knn/faiss_library.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

constexpr std::size_t kMostLists = 512, kMostParts = 64;
constexpr std::size_t kRowsOfList = 39, kSampleOfCentre = 64;
constexpr int kRoundsOfCentres = 10, kRoundsOfCodewords = 15;
constexpr std::size_t kListsSearched = 16, kCandidates = 4;
constexpr std::size_t kRowsPerTask = 1024;
// Query rows that faiss is asked for at once: the same ones whatever the number of threads, so that the
// results are, too.
constexpr std::size_t kQueriesPerTask = 256;

const FaissLibrary& Faiss() {
  if (!HasIvfPq()) throw std::logic_error("ivfpq without faiss");
  static const auto& library = LateFunctions<FaissLibrary>("libtouchstone_faiss.so", "touchstone_faiss");
  return library;
}

bool Nearer(const Neighbor& a, const Neighbor& b) {
  return a.squared_distance != b.squared_distance ? a.squared_distance < b.squared_distance : a.row < b.row;
}

// Rows evenly spaced, at most `most`.
std::vector<float> Sample(RowsView rows, std::size_t most) {
  const std::size_t count = std::min(most, rows.rows);
  std::vector<float> sample;
  sample.reserve(count * rows.cols);
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows.row(i * rows.rows / count);
    sample.insert(sample.end(), row, row + rows.cols);
  }
  return sample;
}

void ForTasks(std::size_t num_rows, const std::function<void(std::size_t first, std::size_t count)>& body) {
  ParallelFor((num_rows + kRowsPerTask - 1) / kRowsPerTask, [&](std::size_t task) {
    const std::size_t first = task * kRowsPerTask;
    body(first, std::min(kRowsPerTask, num_rows - first));
  });
}

// x - c_l of each row, in its place.
void TakeCentresOff(RowsView centres, std::vector<float>* rows) {
  const std::size_t cols = centres.cols;
  ForTasks(rows->size() / cols, [&](std::size_t first, std::size_t count) {
    std::vector<std::int32_t> lists(count);
    Faiss().assign(centres, {rows->data() + first * cols, count, cols}, lists.data());
    for (std::size_t r = 0; r < count; ++r) {
      const float* centre = centres.row(static_cast<std::size_t>(lists[r]));
      for (std::size_t c = 0; c < cols; ++c) (*rows)[(first + r) * cols + c] -= centre[c];
    }
  });
}

// The codewords of all parts; of fewer than 256 rows the last is repeated.
std::vector<float> LearnCodewords(RowsView rests, std::size_t num_parts) {
  const std::size_t size = rests.cols / num_parts, part_size = kIvfPqCodewords * size;
  const std::size_t count = std::min(kIvfPqCodewords, rests.rows);
  std::vector<float> codewords(num_parts * part_size);
  ParallelFor(num_parts, [&](std::size_t part) {
    std::vector<float> numbers(rests.rows * size);
    for (std::size_t r = 0; r < rests.rows; ++r) {
      std::copy_n(rests.row(r) + part * size, size, numbers.data() + r * size);
    }
    const std::vector<float> learnt =
        Faiss().cluster({numbers.data(), rests.rows, size}, count, kRoundsOfCodewords);
    float* words = codewords.data() + part * part_size;
    std::copy(learnt.begin(), learnt.end(), words);
    for (std::size_t w = count; w < kIvfPqCodewords; ++w) {
      std::copy_n(words + (count - 1) * size, size, words + w * size);
    }
  });
  return codewords;
}

}  // namespace

bool HasIvfPq() {
#ifdef TOUCHSTONE_HAS_FAISS
  return true;
#else
  return false;
#endif
}

std::size_t NumIvfPqLists(std::size_t num_rows) {
  return std::min(kMostLists, std::max<std::size_t>(1, num_rows / kRowsOfList));
}

std::size_t NumIvfPqParts(std::size_t num_cols) {
  std::size_t parts = std::min(kMostParts, num_cols);
  while (num_cols % parts != 0) --parts;
  return parts;
}

IvfPqCodes EncodeIvfPq(RowsView rows) {
  IvfPqCodes made;
  made.num_parts = NumIvfPqParts(rows.cols);
  const std::size_t num_lists = NumIvfPqLists(rows.rows), cols = rows.cols;
  std::vector<float> sample = Sample(rows, kSampleOfCentre * std::max(num_lists, kIvfPqCodewords));
  made.centres = Faiss().cluster({sample.data(), sample.size() / cols, cols}, num_lists, kRoundsOfCentres);
  TakeCentresOff({made.centres.data(), num_lists, cols}, &sample);
  const std::size_t num_rests = std::min(sample.size() / cols, kSampleOfCentre * kIvfPqCodewords);
  const std::vector<float> rests = Sample({sample.data(), sample.size() / cols, cols}, num_rests);
  made.codewords = LearnCodewords({rests.data(), num_rests, cols}, made.num_parts);
  made.lists.resize(rows.rows);
  made.codes.resize(rows.rows * made.num_parts);
  const std::unique_ptr<FaissIndex> index = Faiss().make(made, cols);
  ForTasks(rows.rows, [&](std::size_t first, std::size_t count) {
    index->Encode({rows.row(first), count, cols}, made.lists.data() + first,
                  made.codes.data() + first * made.num_parts);
  });
  return made;
}

struct IvfPqSearch::Impl {
  std::unique_ptr<FaissIndex> index;
  std::size_t num_lists;
};

IvfPqSearch::IvfPqSearch(RowsView rows, const IvfPqCodes& codes) : rows_(rows) {
  const std::size_t num_lists = codes.centres.size() / rows.cols;
  if (codes.lists.size() != rows.rows || codes.codes.size() != rows.rows * codes.num_parts ||
      codes.codewords.size() != kIvfPqCodewords * rows.cols || num_lists < 1) {
    throw std::logic_error("IvfPqSearch: rows and codes do not belong together");
  }
  impl_ = std::make_unique<Impl>(Impl{Faiss().make(codes, rows.cols), num_lists});
  impl_->index->Add(codes.lists, codes.codes);
}

IvfPqSearch::~IvfPqSearch() = default;

std::vector<Neighbor> IvfPqSearch::Nearest(RowsView query, std::size_t k,
                                           const std::vector<char>& absent) const {
  if (k < 1 || k > rows_.rows) throw std::logic_error("IvfPqSearch: k is not within the rows");
  std::vector<Neighbor> nearest(query.rows * k);
  const std::size_t num_candidates = kCandidates * k;
  ParallelFor((query.rows + kQueriesPerTask - 1) / kQueriesPerTask, [&](std::size_t task) {
    const std::size_t first = task * kQueriesPerTask, count = std::min(kQueriesPerTask, query.rows - first);
    std::vector<std::int64_t> found(count * num_candidates);
    impl_->index->Find({query.row(first), count, query.cols}, num_candidates, kListsSearched, absent,
                       found.data());
    for (std::size_t i = 0; i < count; ++i) {
      const float* row = query.row(first + i);
      std::int64_t* numbers = found.data() + i * num_candidates;
      Neighbor* out = nearest.data() + (first + i) * k;
      if (TakeNearest(row, numbers, num_candidates, k, out)) continue;
      impl_->index->Find({row, 1, query.cols}, num_candidates, impl_->num_lists, absent, numbers);
      if (!TakeNearest(row, numbers, num_candidates, k, out)) {
        throw std::logic_error("IvfPqSearch: fewer than k rows are there");
      }
    }
  });
  return nearest;
}

// The k nearest of the candidates, by their distances. @return whether there are k.
bool IvfPqSearch::TakeNearest(const float* query, const std::int64_t* numbers, std::size_t count,
                              std::size_t k, Neighbor* nearest) const {
  std::vector<Neighbor> candidates;
  for (std::size_t i = 0; i < count; ++i) {
    if (numbers[i] < 0) continue;
    const auto row = static_cast<std::size_t>(numbers[i]);
    candidates.push_back({row, SquaredDistance(query, rows_.row(row), rows_.cols)});
  }
  if (candidates.size() < k) return false;
  std::sort(candidates.begin(), candidates.end(), Nearer);
  std::copy_n(candidates.begin(), k, nearest);
  return true;
}

}  // namespace touchstone
