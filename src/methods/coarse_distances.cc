#include "methods/coarse_distances.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "methods/grid_products.h"

namespace touchstone {
namespace {

// In nanoseconds of a CPU with AVX-512: estimates, good enough to judge whether products pay. Results do not
// depend on them.
constexpr double kProductCost = 0.015;  // for each channel
constexpr double kLocationCost = 60;    // of CoarseLevel
constexpr double kBoundCost = 60;       // of AtLeast
constexpr double kTailCost = 0.2;       // of a distance, for each channel of the tail

constexpr std::size_t kMostProducts = std::size_t{1} << 22;  // of two grids: 16 MiB
const double kUnit = std::ldexp(1.0, -24);                   // u: what rounding to float32 takes at most

// What rounding may take from a computed squared distance, as a share of (s + t)^2, s and t the scales of
// both sides (the longest of four rows each, centred): of lengths, sums of 8 chains (CentredProduct) and of
// nine such (GridProducts), (C / 8 + 10) u (s^2 + t^2); of twice the product, chains in chunks of 32
// (MultiplyBlocks) and 16 of them with weights, 2 (C / 32 + 50) u s t; of adding the three up, 3 u.
double ProductRounding(std::size_t channels) { return (static_cast<double>(channels) / 4 + 128) * kUnit; }

// Squares that float32 rounds to 0 or to steps of 2^-149: a million channels lose less than this.
constexpr float kLost = std::numeric_limits<float>::min();

// What a row may be moved by rounding, as a share of its scale before centring and after. By Blend: 10 u of
// the largest of four values in each channel for either of both sides of a line, 20 u between them; together
// these values are at most 2 s long: 40 u. By centring: u. By weights that are rounded themselves: 4 u each.
constexpr double kBlendRounding = 80;

RowsView Cells(const FusedRows::Level& level) {
  return {level.values, level.shape.num_locations(), static_cast<std::size_t>(level.shape.channels)};
}

// What a pair costs less, in nanoseconds.
double SavedByPair(std::size_t channels) { return static_cast<double>(channels) * kTailCost - kBoundCost; }

}  // namespace

CoarseLevel::CoarseLevel(const FusedRows& rows, const float* centre) {
  const FusedRows::Level& level = rows.levels().back();
  const std::size_t num_cells = level.shape.num_locations();
  const auto channels = static_cast<std::size_t>(level.shape.channels);
  cells = {level.shape, std::vector<float>(level.shape.num_values())};
  std::vector<double> lengths(num_cells);  // squared
  std::vector<float> norms(num_cells), raw_norms(num_cells);
  const std::vector<float> zero(channels);
  for (std::size_t c = 0; c < num_cells; ++c) {
    const float* from = level.values + c * channels;
    std::transform(from, from + channels, centre, cells.row(c), std::minus<float>());
    lengths[c] = CentredProduct(from, from, centre, channels);
    norms[c] = static_cast<float>(std::sqrt(lengths[c]));
    raw_norms[c] = std::sqrt(CentredProduct(from, from, zero.data(), channels));
  }
  const GridProducts products(level.values, level.shape, centre);
  corners.resize(rows.rows());
  squared_lengths.resize(rows.rows());
  scales.resize(rows.rows());
  raw_scales.resize(rows.rows());
  std::size_t r = 0;
  for (const FusedRows::Tap& y : level.ys) {
    for (const FusedRows::Tap& x : level.xs) {
      const auto at = [&](int column, int row) {
        return static_cast<std::uint32_t>(products.At(column, row));
      };
      corners[r] = {{at(x.low, y.low), at(x.high, y.low), at(x.low, y.high), at(x.high, y.high)},
                    {(1 - x.fraction) * (1 - y.fraction), x.fraction * (1 - y.fraction),
                     (1 - x.fraction) * y.fraction, x.fraction * y.fraction}};
      squared_lengths[r] =
          static_cast<float>(products.SquaredLength(x.low, y.low, x.fraction, y.fraction, lengths));
      for (const std::uint32_t cell : corners[r].cells) {
        scales[r] = std::max(scales[r], norms[cell]);
        raw_scales[r] = std::max(raw_scales[r], raw_norms[cell]);
      }
      ++r;
    }
  }
}

CoarseDistances::Query::Query(const FusedRows& rows, const Projection& projection)
    : centre(projection.centre.data() + (rows.cols() - Cells(rows.levels().back()).cols)),
      level(rows, centre),
      blocks(MakeRowBlocks(MatrixRows(Cells(rows.levels().back())), centre)) {}

bool CoarseDistances::CanPay(const FusedRows& rows) {
  const RowsView cells = Cells(rows.levels().back());
  return cells.rows * cells.rows <= kMostProducts && SavedByPair(cells.cols) > 0;
}

CoarseDistances::CoarseDistances(const Query& query, const FusedRows& rows) : query_(query), rows_(rows) {
  if (query.blocks.cols != Cells(rows.levels().back()).cols) {
    throw std::logic_error("CoarseDistances: a query of other channels");
  }
}

std::size_t CoarseDistances::num_head_channels() const { return rows_.cols() - query_.blocks.cols; }

std::size_t CoarseDistances::num_worthwhile_pairs() const {
  if (!CanPay(rows_)) return std::numeric_limits<std::size_t>::max();
  const std::size_t num_products = query_.blocks.rows * rows_.levels().back().shape.num_locations();
  const double cost = static_cast<double>(num_products * query_.blocks.cols) * kProductCost +
                      static_cast<double>(rows_.rows()) * kLocationCost;
  return static_cast<std::size_t>(cost / SavedByPair(query_.blocks.cols));
}

void CoarseDistances::Prepare() {
  image_.emplace(rows_, query_.centre);
  const FeatureMap& centred = image_->cells;
  const RowsView cells{centred.values.data(), centred.shape.num_locations(), query_.blocks.cols};
  products_.resize(query_.blocks.num_blocks() * cells.rows * RowBlocks::kBlock);
  MultiplyBlocks(cells, query_.blocks, products_.data());
}

float CoarseDistances::AtLeast(std::size_t q, std::size_t r) const {
  constexpr std::size_t kBlock = RowBlocks::kBlock;
  const CoarseLevel& query = query_.level;
  const CoarseLevel& image = image_.value();
  const std::size_t num_cells = image.cells.shape.num_locations();
  const CoarseLevel::Corners& of_query = query.corners[q];
  const CoarseLevel::Corners& of_image = image.corners[r];
  float product = 0;  // sum_ij a_i b_j <x_i, y_j>
  for (int i = 0; i < 4; ++i) {
    const std::size_t cell = of_query.cells[i];
    const float* products = products_.data() + cell / kBlock * num_cells * kBlock + cell % kBlock;
    float sum = 0;
    for (int j = 0; j < 4; ++j) sum += of_image.weights[j] * products[of_image.cells[j] * kBlock];
    product += of_query.weights[i] * sum;
  }
  const float scale = query.scales[q] + image.scales[r];
  const float raw_scale = query.raw_scales[q] + image.raw_scales[r];
  const float squared = query.squared_lengths[q] + image.squared_lengths[r] - 2 * product -
                        static_cast<float>(ProductRounding(query_.blocks.cols)) * scale * scale - kLost;
  if (!(squared > 0)) return 0;
  const float distance =
      std::sqrt(squared) - static_cast<float>(kBlendRounding * kUnit) * (scale + raw_scale);
  return distance > 0 ? distance * distance : 0;
}

}  // namespace touchstone
