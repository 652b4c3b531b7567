#include "touchstone/knn/codes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include "knn/byte_tiles.h"
#include "knn/cpu_choice.h"
#include "knn/kernels.h"
#include "knn/leaves.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/round_up.h"

namespace touchstone {
namespace {

constexpr std::size_t kLeaf = Codes::kLeaf;
constexpr double kRoundUp = 1.0001;  // what is computed of an error in float32 may be too small
constexpr float kLeastError = 1e-3F;
constexpr std::int32_t kNowhere = 1 << 29;  // ||u||^2 where a last leaf has no row: far from everything

static_assert(kTileSizes.short_directions + 1 <= kTileDims);
static_assert(kLeafSizes.short_directions + 1 <= kLongStart);

std::size_t ShortDims(const Projection& projection) {
  return projection.for_tiles ? kTileDims : RoundUp(projection.num_short + 1, 4);
}

std::size_t LongStart(const Projection& projection) { return projection.for_tiles ? kTileDims : kLongStart; }

std::size_t LongDims(const Projection& projection) {
  return RoundUp(LongStart(projection) + projection.num_directions - projection.num_short + 1, 64);
}

// A length r that the coordinates leave out, and how far it and they may be off.
struct Rest {
  float value;
  double error;
};

// u(x) of one row, short code and long code.
struct RoundedCodes {
  std::vector<std::int8_t> short_values, long_values;  // filled up with zeros
  RoundedRow y, rest, others, long_rest;
  float short_error, long_error;  // e in steps, rounded up
};

// Rounds rows to whole numbers, row by row.
class Rounder {
 public:
  /// @param scale  u = scale * whole numbers
  Rounder(const Projection& projection, const Coordinates& coordinates, float scale)
      : projection_(projection), coordinates_(coordinates), scale_(scale) {
    rounded_.short_values.assign(ShortDims(projection), 0);
    rounded_.long_values.assign(LongDims(projection), 0);
  }

  const RoundedCodes& Round(std::size_t row) {
    const std::size_t m = projection_.num_short, others = projection_.num_directions - m;
    const float* y = coordinates_.values.data() + row * coordinates_.dims;
    std::int8_t* short_values = rounded_.short_values.data();
    std::int8_t* long_values = rounded_.long_values.data() + LongStart(projection_);
    rounded_.y = RoundPart(y, m, projection_.short_step, short_values);
    std::copy_n(short_values, m, rounded_.long_values.data());
    rounded_.others = RoundPart(y + m, others, projection_.long_step, long_values);
    const double of_short_y = rounded_.y.squared_length, of_others = rounded_.others.squared_length;
    const Rest short_rest = RestOf(row, m, of_short_y, projection_.short_rest);
    const Rest long_rest = RestOf(row, m + others, of_short_y + of_others, projection_.long_rest);
    rounded_.rest = RoundOne(short_rest.value, projection_.short_step, short_values + m);
    rounded_.long_rest = RoundOne(long_rest.value, projection_.long_step, long_values + others);
    const double of_y = rounded_.y.error;
    const double of_long = static_cast<double>(rounded_.others.error) + rounded_.long_rest.error;
    rounded_.short_error = ErrorOf(of_y + rounded_.rest.error, short_rest.error / projection_.short_step);
    rounded_.long_error =
        ErrorOf(projection_.long_weight * of_y + of_long, long_rest.error / projection_.long_step);
    return rounded_;
  }

 private:
  // r = sqrt(||x'||^2 - ||y||^2). |r^2 - computed| <= 2 eta scale^2, so |r - computed| is at most the root of
  // that, and at most that divided by r; the coordinates are off by eta scale and distances between such z by
  // as much again.
  // All C directions leave nothing out.
  Rest RestOf(std::size_t row, std::size_t directions, double squared_part, float mean_rest) const {
    const double rest = std::sqrt(std::max(0.0, coordinates_.squared_lengths[row] - squared_part));
    const double scale = coordinates_.scales[row], eta = projection_.rounding();
    if (directions == projection_.num_channels) return {0, 2 * eta * scale};
    const double squared = 2 * eta * scale * scale;
    return {static_cast<float>(rest - mean_rest),
            2 * eta * scale + std::min(std::sqrt(squared), squared / std::max(rest, 1e-30))};
  }

  RoundedRow RoundPart(const float* values, std::size_t size, float step, std::int8_t* whole) const {
    return RoundRow(values, size, 1 / (scale_ * step), Codes::kMost / scale_, whole);
  }

  // As RoundRow, of one value.
  RoundedRow RoundOne(float value, float step, std::int8_t* whole) const {
    const float limit = Codes::kMost / scale_;
    const float bounded = std::clamp(value * (1 / (scale_ * step)), -limit, limit);
    const auto rounded = static_cast<std::int32_t>(std::lrint(bounded));
    const float error = bounded - static_cast<float>(rounded);
    *whole = static_cast<std::int8_t>(rounded);
    return {rounded, rounded * rounded, error * error, value * value};
  }

  float ErrorOf(double squared_whole_error, double error) const {
    const double sum = scale_ * std::sqrt(squared_whole_error) + error;
    return static_cast<float>(sum * kRoundUp) + kLeastError;
  }

  const Projection& projection_;
  const Coordinates& coordinates_;
  float scale_;
  RoundedCodes rounded_;
};

// Four values of each of 16 rows after the other, from rows [count x dims].
void Put(const std::int8_t* rows, std::size_t count, std::size_t dims, std::uint8_t* codes) {
  static_assert(Codes::kZero == 128, "adding it turns the highest bit of a byte over");
  for (std::size_t d = 0; d < dims; d += 4) {
    for (std::size_t j = 0; j < count; ++j) {
      std::uint32_t four;
      std::memcpy(&four, rows + j * dims + d, sizeof(four));
      four ^= 0x80808080U;
      std::memcpy(codes + d * kLeaf + j * 4, &four, sizeof(four));
    }
  }
}

void PutLong(const std::vector<std::int8_t>& values, std::size_t place, std::uint8_t* codes) {
  std::uint8_t* target = codes + place * values.size();
  for (std::size_t d = 0; d < values.size(); ++d)
    target[d] = static_cast<std::uint8_t>(values[d] + Codes::kZero);
}

// The centre of a leaf, rounded to whole numbers, and how far its rows are from that.
// @param rows    [count x short_dims] @param errors  e of these
void PutCentre(std::size_t leaf, const std::int8_t* rows, std::size_t count, const float* errors,
               Codes* codes) {
  const std::size_t dims = codes->short_dims;
  std::vector<int> sums(dims);
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t d = 0; d < dims; ++d) sums[d] += rows[j * dims + d];
  }
  std::vector<std::int8_t> centre(dims);
  for (std::size_t d = 0; d < dims; ++d) {
    centre[d] =
        static_cast<std::int8_t>(std::lround(static_cast<float>(sums[d]) / static_cast<float>(count)));
    codes->centre_norms[leaf] += centre[d] * centre[d];
  }
  static_assert(Codes::kGroup == kLeaf, "centres lie as rows do");
  const std::size_t group = leaf / Codes::kGroup * Codes::kGroup;
  Put(centre.data(), 1, dims, codes->centre_codes.data() + group * dims + leaf % Codes::kGroup * 4);
  for (std::size_t j = 0; j < count; ++j) {
    int squared = 0;
    for (std::size_t d = 0; d < dims; ++d) {
      const int difference = rows[j * dims + d] - centre[d];
      squared += difference * difference;
    }
    const float radius = std::sqrt(static_cast<float>(squared)) * 1.00001F + errors[j];
    codes->radii[leaf] = std::max(codes->radii[leaf], radius);
  }
}

// The short codes of a leaf and its centre.
// @param rows  [kLeaf x dims], as many of them as the leaf has @param errors  e of these
void PutLeaf(std::size_t leaf, const std::int8_t* rows, const float* errors, Codes* codes) {
  const std::size_t first = leaf * kLeaf, count = std::min(kLeaf, codes->rows - first);
  Put(rows, count, codes->short_dims, codes->short_codes.data() + first * codes->short_dims);
  if (codes->has_leaves()) PutCentre(leaf, rows, count, errors, codes);
}

std::vector<std::uint32_t> AsTheyCome(std::size_t rows) {
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

Codes EmptyCodes(const Projection& projection, std::size_t rows) {
  Codes codes;
  codes.rows = rows;
  codes.short_dims = ShortDims(projection);
  codes.long_start = LongStart(projection);
  codes.long_dims = LongDims(projection);
  const std::size_t places = codes.num_leaves() * kLeaf;
  const std::size_t leaves = projection.for_tiles ? 0 : codes.num_groups() * Codes::kGroup;
  codes.short_codes.assign(places * codes.short_dims, Codes::kZero);
  codes.long_codes.assign(places * codes.long_dims, Codes::kZero);
  codes.short_norms.assign(places, kNowhere);
  codes.long_norms.resize(places);
  codes.long_errors.resize(places);
  codes.centre_codes.assign(leaves * codes.short_dims, Codes::kZero);
  codes.centre_norms.resize(leaves);
  codes.radii.resize(leaves);
  codes.short_errors.resize(codes.num_groups());
  return codes;
}

void CheckKind(const Projection& projection) {
  if (projection.for_tiles && !UseByteTiles()) {
    throw std::logic_error("codes for tile registers, which this CPU does not have");
  }
}

// The codes of 256 rows.
void PutGroup(const Projection& projection, const Coordinates& coordinates, std::size_t group, Codes* codes) {
  constexpr std::size_t kGroupRows = kLeaf * Codes::kGroup;
  Rounder rounder(projection, coordinates, 1);
  std::vector<std::int8_t> short_rows(kLeaf * codes->short_dims);
  float errors[kLeaf];  // e of the short codes
  const std::size_t end = std::min(codes->rows, (group + 1) * kGroupRows);
  for (std::size_t place = group * kGroupRows; place < end; ++place) {
    const RoundedCodes& rounded = rounder.Round(codes->order[place]);
    const std::size_t j = place % kLeaf;
    std::copy(rounded.short_values.begin(), rounded.short_values.end(),
              short_rows.begin() + static_cast<std::ptrdiff_t>(j * codes->short_dims));
    PutLong(rounded.long_values, place, codes->long_codes.data());
    codes->short_norms[place] = rounded.y.squares + rounded.rest.squares;
    codes->long_norms[place] =
        projection.long_weight * rounded.y.squares + rounded.others.squares + rounded.long_rest.squares;
    codes->long_errors[place] = rounded.long_error;
    errors[j] = rounded.short_error;
    codes->short_errors[group] = std::max(codes->short_errors[group], rounded.short_error);
    if (j + 1 == kLeaf || place + 1 == end) PutLeaf(place / kLeaf, short_rows.data(), errors, codes);
  }
}

// The codes of 64 query rows.
void PutQueries(const Projection& projection, const Coordinates& coordinates, std::size_t task,
                QueryCodes* codes) {
  const int scale = codes->double_scale / 2;
  Rounder rounder(projection, coordinates, static_cast<float>(scale));
  // ||u||^2 + 2 f Z sum of v, with u = f v
  const auto term = [&](std::int32_t squares, std::int32_t sum) {
    return scale * scale * squares + codes->double_scale * Codes::kZero * sum;
  };
  const std::size_t end = std::min(codes->rows, (task + 1) * kTileQueries);
  for (std::size_t row = task * kTileQueries; row < end; ++row) {
    const RoundedCodes& rounded = rounder.Round(row);
    std::copy(rounded.short_values.begin(), rounded.short_values.end(),
              codes->short_codes.data() + row * codes->short_dims);
    std::copy(rounded.long_values.begin(), rounded.long_values.end(),
              codes->long_codes.data() + row * codes->long_dims);
    const std::int32_t of_y = term(rounded.y.squares, rounded.y.sum);
    const std::int32_t of_short = of_y + term(rounded.rest.squares, rounded.rest.sum);
    codes->short_bases[row] = static_cast<std::int32_t>(
        std::floor(static_cast<double>(of_short) / static_cast<double>(codes->double_scale)));
    codes->short_terms[row] = static_cast<float>(of_short);
    codes->long_terms[row] =
        projection.long_weight * of_y +
        term(rounded.others.squares + rounded.long_rest.squares, rounded.others.sum + rounded.long_rest.sum);
    codes->short_errors[row] = rounded.short_error;
    codes->long_errors[row] = rounded.long_error;
  }
}

}  // namespace

std::size_t Codes::num_bytes() const {
  return short_codes.size() + long_codes.size() + centre_codes.size() +
         (short_norms.size() + long_norms.size() + centre_norms.size() + order.size()) * 4 +
         (short_errors.size() + long_errors.size() + radii.size()) * sizeof(float);
}

Codes Encode(const Projection& projection, const RowSource& rows) {
  CheckKind(projection);
  const Coordinates coordinates = rows.ProjectAll(projection);
  Codes codes = EmptyCodes(projection, coordinates.rows);
  codes.order =
      projection.for_tiles ? AsTheyCome(codes.rows) : SplitIntoLeaves(coordinates, projection.num_short);
  ParallelFor(codes.num_groups(),
              [&](std::size_t group) { PutGroup(projection, coordinates, group, &codes); });
  return codes;
}

QueryCodes EncodeQuery(const Projection& projection, const RowSource& query) {
  CheckKind(projection);
  const Coordinates coordinates = query.ProjectAll(projection);
  QueryCodes codes;
  codes.rows = coordinates.rows;
  codes.short_dims = ShortDims(projection);
  codes.long_dims = LongDims(projection);
  codes.double_scale = UseVnni() ? 2 : 4;
  const std::size_t num_tasks = (codes.rows + kTileQueries - 1) / kTileQueries;
  codes.short_codes.resize(num_tasks * kTileQueries * codes.short_dims);
  codes.long_codes.resize(codes.rows * codes.long_dims);
  codes.short_bases.resize(codes.rows);
  codes.long_terms.resize(codes.rows);
  codes.short_terms.resize(codes.rows);
  codes.short_errors.resize(codes.rows);
  codes.long_errors.resize(codes.rows);
  ParallelFor(num_tasks, [&](std::size_t task) { PutQueries(projection, coordinates, task, &codes); });
  return codes;
}

}  // namespace touchstone
