#include "touchstone/methods/bank_search.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "touchstone/core/parallel.h"
#include "touchstone/knn/patch_search.h"

namespace touchstone {
namespace {

constexpr std::size_t kSampleRows = 4096;  // that the projection is fitted to
constexpr std::size_t kChunkRows = 4096;   // of the bank that are searched at a time

// Some rows of a matrix.
class ChosenRows : public RowSource {
 public:
  ChosenRows(RowsView all, std::vector<std::size_t> chosen) : all_(all), chosen_(std::move(chosen)) {}
  std::size_t rows() const override { return chosen_.size(); }
  std::size_t cols() const override { return all_.cols; }
  const float* Row(std::size_t r, float* /*scratch*/) const override { return all_.row(chosen_[r]); }
  std::size_t NumberOf(std::size_t r) const { return chosen_[r]; }

 private:
  RowsView all_;
  std::vector<std::size_t> chosen_;
};

Projection ProjectionFor(RowsView rows) {
  const std::size_t count = std::min(kSampleRows, rows.rows);
  std::vector<float> sample;
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows.row(i * rows.rows / count);
    sample.insert(sample.end(), row, row + rows.cols);
  }
  return FitProjection({sample.data(), count, rows.cols});
}

class ExactBankSearch : public BankSearch {
 public:
  explicit ExactBankSearch(RowsView rows) : rows_(rows), projection_(ProjectionFor(rows)) {
    codes_.resize((rows.rows + kChunkRows - 1) / kChunkRows);
    ParallelFor(codes_.size(), [&](std::size_t chunk) { codes_[chunk] = Encode(projection_, Chunk(chunk)); });
  }

  std::vector<Neighbor> Nearest(RowsView query, std::size_t k, const RowMask& absent) const override {
    PatchSearch search(query, projection_, k);
    std::vector<ChosenRows> present;  // of each chunk that lacks some
    for (std::size_t chunk = 0; chunk < codes_.size(); ++chunk) {
      const auto number = static_cast<std::int32_t>(chunk);
      present.push_back(Present(chunk, absent));
      const ChosenRows& rows = present.back();
      if (absent.empty() || rows.rows() == EndOf(chunk) - FirstOf(chunk)) {
        search.AddImage(Chunk(chunk), codes_[chunk], number);
      } else if (rows.rows() > 0) {
        search.AddImage(rows, Encode(projection_, rows), number);
      }
    }
    std::vector<Neighbor> neighbors;
    for (const PatchNeighbor& found : search.Result()) {
      const auto chunk = static_cast<std::size_t>(found.image);
      const auto place = static_cast<std::size_t>(found.location);
      const std::size_t row = absent.empty() ? FirstOf(chunk) + place : present[chunk].NumberOf(place);
      neighbors.push_back({row, found.squared_distance});
    }
    return neighbors;
  }

 private:
  std::size_t FirstOf(std::size_t chunk) const { return chunk * kChunkRows; }
  std::size_t EndOf(std::size_t chunk) const { return std::min(rows_.rows, (chunk + 1) * kChunkRows); }

  MatrixRows Chunk(std::size_t chunk) const {
    return MatrixRows({rows_.row(FirstOf(chunk)), EndOf(chunk) - FirstOf(chunk), rows_.cols});
  }

  // The rows of a chunk that are not absent; none where nothing is absent, and nobody asks.
  ChosenRows Present(std::size_t chunk, const RowMask& absent) const {
    std::vector<std::size_t> present;
    for (std::size_t row = FirstOf(chunk); !absent.empty() && row < EndOf(chunk); ++row) {
      if (absent[row] == 0) present.push_back(row);
    }
    return {rows_, std::move(present)};
  }

  RowsView rows_;
  Projection projection_;
  std::vector<Codes> codes_;  ///< of each chunk
};

}  // namespace

std::unique_ptr<BankSearch> MakeExactBankSearch(RowsView rows) {
  return std::make_unique<ExactBankSearch>(rows);
}

}  // namespace touchstone
