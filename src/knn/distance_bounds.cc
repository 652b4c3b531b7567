#include "knn/distance_bounds.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "knn/bfloat_tiles.h"
#include "knn/byte_tiles.h"
#include "knn/cpu_choice.h"
#include "touchstone/core/round_up.h"
#include "touchstone/knn/whole_rows.h"

namespace touchstone {
namespace {

std::vector<float> MeanOf(RowsView rows) {
  std::vector<double> sums(rows.cols);
  for (std::size_t row = 0; row < rows.rows; ++row) {
    for (std::size_t c = 0; c < rows.cols; ++c) sums[c] += static_cast<double>(rows.row(row)[c]);
  }
  std::vector<float> mean;
  for (const double sum : sums) mean.push_back(static_cast<float>(sum / static_cast<double>(rows.rows)));
  return mean;
}

double SquaredLength(const float* row, std::size_t size) {
  constexpr std::size_t kSums = 16;  // side by side, for vector instructions
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t s = 0; s < kSums; ++s) sums[s] += static_cast<double>(row[i + s]) * row[i + s];
  }
  for (; i < size; ++i) sums[0] += static_cast<double>(row[i]) * row[i];
  return std::accumulate(sums, sums + kSums, 0.0);
}

// out = row - centre. @return its squared length.
double Centre(const float* row, const std::vector<float>& centre, float* out) {
  for (std::size_t i = 0; i < centre.size(); ++i) out[i] = row[i] - centre[i];
  const double length = SquaredLength(out, centre.size());
  CheckSquaredLength(length);
  return length;
}

void CheckQuery(RowsView query, const std::vector<float>& centre) {
  if (query.rows <= DistanceBounds::kMostQueries && query.cols == centre.size()) return;
  throw std::logic_error("DistanceBounds: too many query rows, or of other channels");
}

class FloatBounds : public DistanceBounds {
 public:
  explicit FloatBounds(RowsView rows)
      : DistanceBounds(RoundUp(rows.rows, kBlock)), slack_(WholeRowsSlack(rows.cols)) {
    projection_.num_channels = rows.cols;
    projection_.centre = MeanOf(rows);
    whole_ = MakeWholeRows(projection_, MatrixRows(rows));
  }

  void Bound(RowsView query, float* bounds) const override {
    CheckQuery(query, projection_.centre);
    std::vector<float> centred(query.rows * query.cols), offsets(query.rows);
    for (std::size_t q = 0; q < query.rows; ++q) {
      const double length = Centre(query.row(q), projection_.centre, centred.data() + q * query.cols);
      offsets[q] = static_cast<float>((1 - slack_) * length / 2);
    }
    const std::size_t num_blocks = whole_.blocks.num_blocks();
    std::vector<float> products(num_blocks * query.rows * kBlock);  // [blocks x query x 32]
    MultiplyBlocks({centred.data(), query.rows, query.cols}, whole_.blocks, products.data());
    for (std::size_t q = 0; q < query.rows; ++q) {
      for (std::size_t b = 0; b < num_blocks; ++b) {
        const float* of_block = products.data() + (b * query.rows + q) * kBlock;
        float* out = bounds + q * stride() + b * kBlock;
        for (std::size_t j = 0; j < kBlock; ++j) {
          out[j] = 2 * (whole_.offsets[b * kBlock + j] + (offsets[q] - of_block[j]));
        }
      }
    }
  }

 private:
  static constexpr std::size_t kBlock = WholeRows::kBlock;
  double slack_;
  Projection projection_;  ///< its centre alone
  WholeRows whole_;
};

// What (5) asks about a row beside its products.
struct RoundedRow {
  float offset = 0;      // (||x'||^2 - slack ||x'||^2) / 2 - kLeast
  float length = 0;      // not less than ||x'|| and ||x^||
  float difference = 0;  // not less than ||x' - x^||
};

class TileBounds : public DistanceBounds {
 public:
  explicit TileBounds(RowsView rows)
      : DistanceBounds(RoundUp(rows.rows, kTileSide)),
        slack_(WholeRowsSlack(rows.cols)),
        centre_(MeanOf(rows)),
        rows_(rows.rows, rows.cols),
        offsets_(stride()),
        lengths_(stride()),
        differences_(stride()) {
    std::vector<std::uint16_t> rounded(rows_.channels());
    std::vector<float> scratch(2 * rows.cols);
    for (std::size_t r = 0; r < rows.rows; ++r) {
      const RoundedRow row = Round(rows.row(r), scratch.data(), rounded.data());
      rows_.Set(r, rounded.data());
      offsets_[r] = row.offset;
      lengths_[r] = row.length;
      differences_[r] = row.difference;
    }
  }

  void Bound(RowsView query, float* bounds) const override {
    CheckQuery(query, centre_);
    const std::size_t num_queries = RoundUp(query.rows, kTileSide), channels = rows_.channels();
    AlignedVector<std::uint16_t> rounded(num_queries * channels);
    std::vector<float> scratch(2 * query.cols), products(num_queries * stride());
    RoundedRow of_query[kMostQueries];
    for (std::size_t q = 0; q < query.rows; ++q) {
      of_query[q] = Round(query.row(q), scratch.data(), rounded.data() + q * channels);
    }
    {
      const TileRegisters registers(true);
      MultiplyTiles(rounded.data(), num_queries, rows_, products.data());
    }
    for (std::size_t q = 0; q < query.rows; ++q) {
      Combine(of_query[q], products.data() + q * stride(), bounds + q * stride());
    }
  }

 private:
  // @param scratch  [2 x C]. @param rounded  [C], the row in bfloat16.
  RoundedRow Round(const float* row, float* scratch, std::uint16_t* rounded) const {
    constexpr double kMore = 1 + 1e-6;  // what is rounded down below
    const std::size_t size = centre_.size();
    float *centred = scratch, *back = scratch + size;
    const double squared = Centre(row, centre_, centred);
    ToBfloat(centred, size, rounded, back);
    for (std::size_t c = 0; c < size; ++c) centred[c] -= back[c];  // exact
    const double difference = std::sqrt(SquaredLength(centred, size)) * kMore;
    return {static_cast<float>((1 - slack_) * squared / 2 - WholeRows::kLeast),
            static_cast<float>((std::sqrt(squared) + difference) * kMore),
            static_cast<float>(difference * kMore)};
  }

  void Combine(const RoundedRow& query, const float* products, float* bounds) const {
    for (std::size_t r = 0; r < stride(); ++r) {
      const float rounding = query.difference * lengths_[r] + query.length * differences_[r];
      bounds[r] = 2 * (offsets_[r] + (query.offset - products[r]) - rounding);
    }
  }

  double slack_;
  std::vector<float> centre_;
  BfloatRows rows_;
  std::vector<float> offsets_, lengths_, differences_;  ///< RoundedRow of each
};

}  // namespace

std::unique_ptr<const DistanceBounds> MakeFloatBounds(RowsView rows) {
  return std::make_unique<const FloatBounds>(rows);
}

std::unique_ptr<const DistanceBounds> MakeTileBounds(RowsView rows) {
  if (!UseBfloatTiles()) throw std::logic_error("MakeTileBounds: this CPU has no tile registers for it");
  return std::make_unique<const TileBounds>(rows);
}

}  // namespace touchstone
