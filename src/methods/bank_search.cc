#include "touchstone/methods/bank_search.h"

#include <algorithm>

#include "touchstone/core/parallel.h"
#include "touchstone/knn/few_rows.h"
#include "touchstone/knn/patch_search.h"

namespace touchstone {
namespace {

constexpr std::size_t kSampleRows = 1024;  // that the projection is fitted to
constexpr std::size_t kFewRows = 512;      // that are compared without codes
// A direction costs each row of a query a product over all channels, and is worth it among so many rows.
constexpr std::size_t kRowsPerDirection = 128;
constexpr std::size_t kFirstChunk = 64, kMostChunk = 4096;

Projection ProjectionFor(RowsView rows) {
  const std::size_t count = std::min(kSampleRows, rows.rows);
  std::vector<float> sample;
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows.row(i * rows.rows / count);
    sample.insert(sample.end(), row, row + rows.cols);
  }
  return FitProjection({sample.data(), count, rows.cols}, rows.rows / kRowsPerDirection);
}

// Rows of a bank that are searched at a time. The first are few and each is twice as many as the one before:
// codes rule out what is farther than the nearest row so far, and so nothing before there is a good one.
std::vector<RowsView> Chunks(RowsView rows) {
  std::vector<RowsView> chunks;
  std::size_t size = kFirstChunk;
  for (std::size_t first = 0; first < rows.rows; first += chunks.back().rows) {
    chunks.push_back({rows.row(first), std::min(size, rows.rows - first), rows.cols});
    size = std::min(2 * size, kMostChunk);
  }
  return chunks;
}

class ExactBankSearch : public BankSearch {
 public:
  explicit ExactBankSearch(RowsView rows)
      : chunks_(Chunks(rows)), projection_(ProjectionFor(rows)), codes_(chunks_.size()) {
    ParallelFor(codes_.size(),
                [&](std::size_t chunk) { codes_[chunk] = Encode(projection_, MatrixRows(chunks_[chunk])); });
  }

  std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const RowMask& absent) const override {
    PatchSearch search(query, projection_, k);
    std::vector<std::size_t> firsts;
    std::size_t first = 0;
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      firsts.push_back(first);
      search.AddImage(MatrixRows(chunks_[chunk]), codes_[chunk], static_cast<std::int32_t>(chunk),
                      absent.empty() ? nullptr : absent.data() + first);
      first += chunks_[chunk].rows;
    }
    std::vector<Neighbor> neighbors;
    for (const PatchNeighbor& found : search.Result()) {
      const std::size_t row = firsts[static_cast<std::size_t>(found.image)];
      neighbors.push_back({row + static_cast<std::size_t>(found.location), found.squared_distance});
    }
    return neighbors;
  }

 private:
  std::vector<RowsView> chunks_;
  Projection projection_;
  std::vector<Codes> codes_;  ///< of each chunk
};

// By the rows as they are.
class FewRowsBankSearch : public BankSearch {
 public:
  explicit FewRowsBankSearch(RowsView rows) : search_(rows) {}
  std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const RowMask& absent) const override {
    return search_.Nearest(query, k, absent.empty() ? nullptr : absent.data());
  }

 private:
  FewRowsSearch search_;
};

class CompressedBankSearch : public BankSearch {
 public:
  CompressedBankSearch(RowsView rows, const IvfPqCodes& codes) : search_(rows, codes) {}
  std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const RowMask& absent) const override {
    return search_.Nearest(query, k, absent);
  }

 private:
  IvfPqSearch search_;
};

}  // namespace

std::unique_ptr<BankSearch> MakeCompressedBankSearch(RowsView rows, const IvfPqCodes& codes) {
  return std::make_unique<CompressedBankSearch>(rows, codes);
}

std::unique_ptr<BankSearch> MakeExactBankSearch(RowsView rows) {
  if (rows.rows <= kFewRows) return std::make_unique<FewRowsBankSearch>(rows);
  return std::make_unique<ExactBankSearch>(rows);
}

}  // namespace touchstone
