#include "touchstone/image/resize.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "resize_filter.h"
#include "resize_kernels.h"

namespace touchstone {
namespace {

ResizeKernels BestKernels() {
  const ResizeKernels sse2 = Sse2ResizeKernels();
  return sse2.horizontal != nullptr ? sse2 : PortableResizeKernels();
}

template <typename Value>
void CheckArguments(const PixelView<Value>& source, Size target, const Rect& part) {
  const bool is_source_valid = source.values != nullptr && source.size.width >= 1 &&
                               source.size.height >= 1 && source.channels >= 1 && source.channels <= 4;
  const bool is_part_inside = part.x >= 0 && part.y >= 0 && part.width >= 1 && part.height >= 1 &&
                              part.width <= target.width - part.x && part.height <= target.height - part.y;
  if (!is_source_valid || !is_part_inside) throw std::logic_error("ResizeAntialiased: sizes that do not fit");
}

// The rows of the source that the wanted part depends on, each filtered along x. Rows are `stride`
// bytes apart; one row more is there, for the kernel that takes two at a time.
struct FilteredRows {
  int first_row = 0;
  int num_rows = 0;
  int stride = 0;
  std::vector<std::uint8_t> bytes;
};

FilteredRows FilterRows(const PixelView<std::uint8_t>& source, Size target, const Rect& part, int first_row,
                        int num_rows) {
  const std::size_t source_row = static_cast<std::size_t>(source.size.width) * source.channels;
  const int part_bytes = part.width * source.channels;
  FilteredRows rows{first_row, num_rows, (part_bytes + 15) / 16 * 16, {}};
  rows.bytes.resize(static_cast<std::size_t>(rows.stride) * (num_rows + 1));

  const bool is_unchanged = source.size.width == target.width;
  const ResizeFilter filter = MakeResizeFilter(source.size.width, target.width, part.x, part.x + part.width);
  const FixedWeights weights(filter);
  const HorizontalKernel kernel = BestKernels().horizontal;
  std::vector<std::uint8_t> last_row(source_row +
                                     kReadBeyond);  // what lies behind the image is not ours to read
  for (int y = 0; y < num_rows; ++y) {
    const std::uint8_t* from = source.values + static_cast<std::size_t>(first_row + y) * source_row;
    std::uint8_t* to = rows.bytes.data() + static_cast<std::size_t>(y) * rows.stride;
    if (is_unchanged) {
      std::memcpy(to, from + static_cast<std::size_t>(part.x) * source.channels,
                  static_cast<std::size_t>(part_bytes));
      continue;
    }
    const bool is_near_end =
        static_cast<std::size_t>(source.size.height - 1 - (first_row + y)) * source_row < kReadBeyond;
    if (is_near_end) {
      std::memcpy(last_row.data(), from, source_row);
      from = last_row.data();
    }
    kernel(from, source.channels, filter, weights, to);
  }
  return rows;
}

std::vector<std::uint8_t> FilterColumns(const FilteredRows& rows, const ResizeFilter& filter, int row_bytes) {
  const FixedWeights weights(filter);
  const VerticalKernel kernel = BestKernels().vertical;
  std::vector<std::uint8_t> padded(rows.stride);
  std::vector<std::uint8_t> result(static_cast<std::size_t>(filter.num_outputs()) * row_bytes);
  for (int i = 0; i < filter.num_outputs(); ++i) {
    ColumnTaps taps;
    taps.rows = rows.bytes.data() + static_cast<std::size_t>(filter.first[i] - rows.first_row) * rows.stride;
    taps.num_bytes = rows.stride;
    taps.num_taps = filter.num_taps[i];
    taps.weights_at = static_cast<std::size_t>(i) * filter.stride;
    kernel(taps, weights, padded.data());
    std::memcpy(result.data() + static_cast<std::size_t>(i) * row_bytes, padded.data(), row_bytes);
  }
  return result;
}

std::vector<std::uint8_t> WithoutPadding(const FilteredRows& rows, int row_bytes) {
  std::vector<std::uint8_t> result(static_cast<std::size_t>(rows.num_rows) * row_bytes);
  for (int y = 0; y < rows.num_rows; ++y) {
    std::memcpy(result.data() + static_cast<std::size_t>(y) * row_bytes,
                rows.bytes.data() + static_cast<std::size_t>(y) * rows.stride, row_bytes);
  }
  return result;
}

// One row of floats, filtered along x; kChannels is known to the compiler so that the sums stay in registers.
template <int kChannels>
void FilterFloatRow(const float* row, const ResizeFilter& filter, float* out) {
  for (int i = 0; i < filter.num_outputs(); ++i) {
    const double* weights = filter.weights.data() + static_cast<std::size_t>(i) * filter.stride;
    const float* value = row + static_cast<std::size_t>(filter.first[i]) * kChannels;
    double sums[kChannels] = {};
    for (int tap = 0; tap < filter.num_taps[i]; ++tap, value += kChannels) {
      for (int c = 0; c < kChannels; ++c) sums[c] += value[c] * weights[tap];
    }
    for (int c = 0; c < kChannels; ++c) *out++ = static_cast<float>(sums[c]);
  }
}

using FloatRowKernel = void (*)(const float* row, const ResizeFilter& filter, float* out);

FloatRowKernel FindFloatRowKernel(int channels) {
  constexpr FloatRowKernel kKernels[] = {&FilterFloatRow<1>, &FilterFloatRow<2>, &FilterFloatRow<3>,
                                         &FilterFloatRow<4>};
  return kKernels[channels - 1];
}

std::vector<float> FilterFloatRows(const PixelView<std::uint16_t>& source, double white_level,
                                   const ResizeFilter& across, int first_row, int num_rows) {
  const std::size_t source_row = static_cast<std::size_t>(source.size.width) * source.channels;
  const std::size_t result_row = static_cast<std::size_t>(across.num_outputs()) * source.channels;
  const auto white = static_cast<float>(white_level);
  const FloatRowKernel kernel = FindFloatRowKernel(source.channels);
  std::vector<float> row(source_row);
  std::vector<float> result(result_row * num_rows);
  for (int y = 0; y < num_rows; ++y) {
    const std::uint16_t* values = source.values + static_cast<std::size_t>(first_row + y) * source_row;
    for (std::size_t i = 0; i < source_row; ++i)
      row[i] = std::min(static_cast<float>(values[i]) / white, 1.0F);
    kernel(row.data(), across, result.data() + y * result_row);
  }
  return result;
}

// Rows of `row_values` floats, filtered along y; `rows` starts with the first row that is needed.
std::vector<float> FilterFloatColumns(const std::vector<float>& rows, std::size_t row_values,
                                      const ResizeFilter& down) {
  std::vector<double> sums(row_values);
  std::vector<float> result;
  result.reserve(row_values * down.num_outputs());
  for (int i = 0; i < down.num_outputs(); ++i) {
    const double* weights = down.weights.data() + static_cast<std::size_t>(i) * down.stride;
    const float* row =
        rows.data() + static_cast<std::size_t>(down.first[i] - down.source_begin()) * row_values;
    std::fill(sums.begin(), sums.end(), 0.0);
    for (int tap = 0; tap < down.num_taps[i]; ++tap, row += row_values) {
      for (std::size_t x = 0; x < row_values; ++x) sums[x] += row[x] * weights[tap];
    }
    for (const double sum : sums) result.push_back(static_cast<float>(sum));
  }
  return result;
}

}  // namespace

std::vector<std::uint8_t> ResizeAntialiased(const PixelView<std::uint8_t>& source, Size target,
                                            const Rect& part) {
  CheckArguments(source, target, part);
  const int row_bytes = part.width * source.channels;
  if (source.size.height == target.height) {
    return WithoutPadding(FilterRows(source, target, part, part.y, part.height), row_bytes);
  }
  const ResizeFilter down = MakeResizeFilter(source.size.height, target.height, part.y, part.y + part.height);
  const int num_rows = down.source_end() - down.source_begin();
  return FilterColumns(FilterRows(source, target, part, down.source_begin(), num_rows), down, row_bytes);
}

std::vector<std::uint8_t> ResizeAntialiased(const PixelView<std::uint8_t>& source, Size target) {
  return ResizeAntialiased(source, target, {0, 0, target.width, target.height});
}

std::vector<float> ResizeAntialiased(const PixelView<std::uint16_t>& source, double white_level, Size target,
                                     const Rect& part) {
  CheckArguments(source, target, part);
  if (!(white_level >= 1 && white_level <= 65535)) throw std::logic_error("ResizeAntialiased: white level");
  // Where source = target the weights are 1 and 0: no pass needs to be left out for exactness.
  const ResizeFilter across = MakeResizeFilter(source.size.width, target.width, part.x, part.x + part.width);
  const ResizeFilter down = MakeResizeFilter(source.size.height, target.height, part.y, part.y + part.height);
  const std::vector<float> rows = FilterFloatRows(source, white_level, across, down.source_begin(),
                                                  down.source_end() - down.source_begin());
  return FilterFloatColumns(rows, static_cast<std::size_t>(part.width) * source.channels, down);
}

}  // namespace touchstone
