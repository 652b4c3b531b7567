#include "touchstone/knn/codes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

constexpr std::size_t kBlock = Codes::kBlock;
static_assert(kBlock == kKernelBlock, "the layout of codes is the kernel's");

constexpr double kRoundUp = 1.0001;  // what is computed of an error in float32 may be too small
constexpr std::int32_t kHopeless = -(1 << 30);

std::size_t RoundUp(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// One block of 32 rows, centred and turned: out [C x 32]; missing rows are zero.
void CentreAndTurn(const RowSource& rows, std::size_t first, const std::vector<float>& centre, float* scratch,
                   float* out) {
  const std::size_t count = std::min(kBlock, rows.rows() - first);
  std::fill(out, out + rows.cols() * kBlock, 0.0F);
  for (std::size_t j = 0; j < count; ++j) {
    const float* row = rows.Row(first + j, scratch);
    for (std::size_t c = 0; c < rows.cols(); ++c) out[c * kBlock + j] = row[c] - centre[c];
  }
}

// Adds the squared length of each of the 32 columns of a [depth x 32] block, in double.
void AddSquaredLengths(const float* block, std::size_t depth, double* lengths) {
  for (std::size_t d = 0; d < depth; ++d) {
    for (std::size_t j = 0; j < kBlock; ++j) {
      const double value = block[d * kBlock + j];
      lengths[j] += value * value;
    }
  }
}

// Beyond this, sums of squares leave float32 and comparisons of bounds would mean nothing.
void CheckRange(const double* squared_lengths) {
  for (std::size_t j = 0; j < kBlock; ++j) {
    if (!(squared_lengths[j] < 1e36)) {
      throw Error(ErrorCode::kNotFinite, "features are not finite or too large: a squared length is " +
                                             std::to_string(squared_lengths[j]) + ", the limit is 1e36");
    }
  }
}

// A code of 32 rows, in whole numbers.
struct RoundedBlock {
  std::vector<std::int8_t> codes;  // [dims x 32]
  std::int32_t sums[kBlock];
  std::int32_t squared_norms[kBlock];
  float errors[kBlock];  // e / s, rounded up
};

// Makes the codes of one block of 32 rows after the other.
class BlockCoder {
 public:
  /// @param rounding  u = rounding * whole numbers within [-limit, limit]
  BlockCoder(const Projection& projection, const RowSource& rows, float rounding, float limit)
      : projection_(projection), rows_(rows), rounding_(rounding), limit_(limit), scratch_(rows.cols()) {
    centred_.resize(rows.cols() * kBlock);
    coordinates_.resize((projection.num_directions + 1) * kBlock);
  }

  /// Computes the coordinates of a block; Round gives the codes.
  void Load(std::size_t block) {
    CentreAndTurn(rows_, block * kBlock, projection_.centre, scratch_.data(), centred_.data());
    MultiplyBlock(projection_.directions.data(), projection_.num_directions, rows_.cols(), centred_.data(),
                  coordinates_.data());
    std::fill_n(whole_, kBlock, 0.0);
    AddSquaredLengths(centred_.data(), rows_.cols(), whole_);
    CheckRange(whole_);
  }

  /// z of `directions` directions: their coordinates, then the rest; in steps, as whole numbers.
  void Round(std::size_t directions, float mean_rest, RoundedBlock* rounded) {
    double part[kBlock] = {}, z_errors[kBlock];
    AddSquaredLengths(coordinates_.data(), directions, part);
    // The rest takes the place of the coordinate after the last, for as long as it is needed.
    float* rests = coordinates_.data() + directions * kBlock;
    float kept[kBlock];
    std::copy_n(rests, kBlock, kept);
    const double eta = projection_.rounding();
    for (std::size_t j = 0; j < kBlock; ++j) {
      const double rest = std::sqrt(std::max(0.0, whole_[j] - part[j]));
      rests[j] = static_cast<float>(rest - mean_rest);
      // |r^2 - computed| <= 2 eta ||x'||^2, so |r - computed| is at most the root of that, and at most that
      // divided by r; the coordinates are off by eta ||x'|| and distances between such z by as much again.
      const double squared = 2 * eta * whole_[j];
      z_errors[j] =
          2 * eta * std::sqrt(whole_[j]) + std::min(std::sqrt(squared), squared / std::max(rest, 1e-30));
    }
    RoundedColumns columns;
    RoundColumns(coordinates_.data(), directions + 1, 1 / (rounding_ * projection_.step), limit_,
                 rounded->codes.data(), &columns);
    for (std::size_t j = 0; j < kBlock; ++j) {
      rounded->sums[j] = columns.sums[j];
      rounded->squared_norms[j] = columns.squares[j];
      const double error = rounding_ * std::sqrt(static_cast<double>(columns.errors[j]));
      rounded->errors[j] = static_cast<float>((error + z_errors[j] / projection_.step) * kRoundUp + 1e-3);
    }
    std::copy_n(kept, kBlock, rests);
  }

 private:
  const Projection& projection_;
  const RowSource& rows_;
  float rounding_, limit_;
  std::vector<float> scratch_;
  std::vector<float> centred_;      // [C x 32]
  std::vector<float> coordinates_;  // [(M + 1) x 32]
  double whole_[kBlock];            // ||x'||^2
};

}  // namespace

std::size_t Codes::num_bytes() const {
  return short_codes.size() + long_codes.size() +
         (short_starts.size() + long_norms.size()) * sizeof(std::int32_t) +
         (block_errors.size() + long_errors.size()) * sizeof(float);
}

Codes Encode(const Projection& projection, const RowSource& rows) {
  Codes codes;
  codes.rows = rows.rows();
  codes.short_dims = RoundUp(projection.num_short + 1, 4);
  codes.long_dims = RoundUp(projection.num_directions + 1, 64);
  const std::size_t num_blocks = RoundUp(codes.rows, kBlock) / kBlock;
  codes.short_codes.resize(num_blocks * kBlock * codes.short_dims);
  codes.short_starts.assign(num_blocks * kBlock, kHopeless);
  codes.block_errors.assign(num_blocks, 0.0F);
  codes.long_codes.assign(codes.rows * codes.long_dims, Codes::kZero);
  codes.long_norms.resize(codes.rows);
  codes.long_errors.resize(codes.rows);
  BlockCoder coder(projection, rows, 1, 127);
  RoundedBlock rounded;
  rounded.codes.resize(std::max(codes.short_dims, codes.long_dims) * kBlock);
  for (std::size_t block = 0; block < num_blocks; ++block) {
    const std::size_t first = block * kBlock, count = std::min(kBlock, codes.rows - first);
    coder.Load(block);
    coder.Round(projection.num_short, projection.short_rest, &rounded);
    std::uint8_t* short_block = codes.short_codes.data() + first * codes.short_dims;
    for (std::size_t d = 0; d < codes.short_dims; ++d) {
      std::uint8_t* target = short_block + d / 4 * 4 * kBlock + d % 4;
      for (std::size_t j = 0; j < kBlock; ++j) {
        const int value = d <= projection.num_short ? rounded.codes[d * kBlock + j] : 0;
        target[j * 4] = static_cast<std::uint8_t>(value + Codes::kZero);
      }
    }
    for (std::size_t j = 0; j < count; ++j) {
      codes.short_starts[first + j] = -(rounded.squared_norms[j] / 4);
      codes.block_errors[block] = std::max(codes.block_errors[block], rounded.errors[j]);
    }
    coder.Round(projection.num_directions, projection.long_rest, &rounded);
    for (std::size_t j = 0; j < count; ++j) {
      std::uint8_t* target = codes.long_codes.data() + (first + j) * codes.long_dims;
      for (std::size_t d = 0; d <= projection.num_directions; ++d) {
        target[d] = static_cast<std::uint8_t>(rounded.codes[d * kBlock + j] + Codes::kZero);
      }
      codes.long_norms[first + j] = rounded.squared_norms[j];
      codes.long_errors[first + j] = rounded.errors[j];
    }
  }
  return codes;
}

QueryCodes EncodeQuery(const Projection& projection, RowsView query) {
  QueryCodes codes;
  codes.short_dims = RoundUp(projection.num_short + 1, 4);
  codes.long_dims = RoundUp(projection.num_directions + 1, 64);
  codes.short_codes.assign(query.rows * codes.short_dims, 0);
  codes.long_codes.assign(query.rows * codes.long_dims, 0);
  const MatrixRows rows(query);
  BlockCoder coder(projection, rows, 2, 63);
  RoundedBlock rounded;
  rounded.codes.resize(std::max(codes.short_dims, codes.long_dims) * kBlock);
  const auto append = [&](std::size_t first, std::size_t directions, float mean_rest, std::size_t dims,
                          std::vector<std::int8_t>* values, std::vector<std::int32_t>* bases,
                          std::vector<float>* errors) {
    coder.Round(directions, mean_rest, &rounded);
    for (std::size_t j = 0; j < std::min(kBlock, query.rows - first); ++j) {
      std::int8_t* target = values->data() + (first + j) * dims;
      for (std::size_t d = 0; d <= directions; ++d) target[d] = rounded.codes[d * kBlock + j];
      bases->push_back(rounded.squared_norms[j] + Codes::kZero * rounded.sums[j]);
      errors->push_back(rounded.errors[j]);
    }
  };
  for (std::size_t first = 0; first < query.rows; first += kBlock) {
    coder.Load(first / kBlock);
    append(first, projection.num_short, projection.short_rest, codes.short_dims, &codes.short_codes,
           &codes.short_bases, &codes.short_errors);
    append(first, projection.num_directions, projection.long_rest, codes.long_dims, &codes.long_codes,
           &codes.long_bases, &codes.long_errors);
  }
  return codes;
}

WholeRows MakeWholeRows(const Projection& projection, const RowSource& rows) {
  const double slack = 8 * (static_cast<double>(rows.cols()) + 8) * std::ldexp(1.0, -24);
  WholeRows made;
  made.rows = rows.rows();
  made.cols = rows.cols();
  const std::size_t num_blocks = RoundUp(made.rows, kBlock) / kBlock;
  made.values.resize(num_blocks * kBlock * made.cols);
  made.offsets.assign(num_blocks * kBlock, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> scratch(made.cols);
  for (std::size_t block = 0; block < num_blocks; ++block) {
    float* values = made.values.data() + block * kBlock * made.cols;
    CentreAndTurn(rows, block * kBlock, projection.centre, scratch.data(), values);
    double whole[kBlock] = {};
    AddSquaredLengths(values, made.cols, whole);
    CheckRange(whole);
    for (std::size_t j = 0; j < std::min(kBlock, made.rows - block * kBlock); ++j) {
      made.offsets[block * kBlock + j] = static_cast<float>((1 - slack) * whole[j] / 2);
    }
  }
  return made;
}

}  // namespace touchstone
