#include "touchstone/methods/gaussians.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>

#include "methods/location_fit.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/pipeline.h"
#include "touchstone/core/round_up.h"
#include "touchstone/knn/products.h"
#include "touchstone/methods/scorer.h"

namespace touchstone {
namespace {

std::size_t NumChannels(const std::vector<FeatureShape>& shapes) {
  std::size_t channels = 0;
  for (const FeatureShape& shape : shapes) channels += static_cast<std::size_t>(shape.channels);
  return channels;
}

// The drawn channels of all images in some rows of the finest level's grid.
class SampleBlock {
 public:
  SampleBlock(const GalleryFeatures& gallery, const std::vector<int>& levels, const DrawnSamples& drawn,
              std::size_t first_location, std::size_t end_location)
      : drawn_(drawn), num_images_(gallery.num_images()) {
    for (std::size_t l = 0; l < drawn.num_levels(); ++l) {
      first_cells_.push_back(drawn.CellOf(l, first_location));
      const std::size_t num_cells = drawn.CellOf(l, end_location - 1) + 1 - first_cells_[l];
      values_.emplace_back(num_cells * num_images_ * drawn.num_dims_of(l));
    }
    ParallelFor(num_images_, [&](std::size_t image) {
      const std::vector<FeatureMap> pyramid = gallery.ReadPyramid(image, levels);
      for (std::size_t l = 0; l < drawn.num_levels(); ++l) {
        const std::size_t dims = drawn.num_dims_of(l);
        for (std::size_t c = 0; dims > 0 && c < values_[l].size() / (num_images_ * dims); ++c) {
          drawn.Read(pyramid[l], l, first_cells_[l] + c,
                     values_[l].data() + (c * num_images_ + image) * dims);
        }
      }
    });
  }

  // All samples of a location: [n x d].
  LocationSamples At(std::size_t location) const {
    LocationSamples samples(num_images_, drawn_.num_dims());
    Eigen::Index first = 0;
    for (std::size_t l = 0; l < drawn_.num_levels(); ++l) {
      const auto dims = static_cast<Eigen::Index>(drawn_.num_dims_of(l));
      const std::size_t cell = drawn_.CellOf(l, location) - first_cells_[l];
      const float* values = values_[l].data() + cell * num_images_ * drawn_.num_dims_of(l);
      using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      samples.middleCols(first, dims) =
          Eigen::Map<const RowMajor>(values, samples.rows(), dims).cast<double>();
      first += dims;
    }
    return samples;
  }

 private:
  const DrawnSamples& drawn_;
  std::size_t num_images_;
  std::vector<std::size_t> first_cells_;    ///< of each level
  std::vector<std::vector<float>> values_;  ///< of each level: [cells x images x dims of the level]
};

// How many rows of the finest level's grid `max_bytes` hold.
std::size_t RowsPerBlock(const std::vector<FeatureShape>& shapes, const DrawnSamples& drawn,
                         std::size_t num_images, std::size_t max_bytes) {
  double bytes_per_row = 1;
  for (std::size_t l = 0; l < shapes.size(); ++l) {
    bytes_per_row += static_cast<double>(shapes[l].num_locations() * drawn.num_dims_of(l) * num_images) *
                     sizeof(float) / shapes[0].height;
  }
  const auto rows = static_cast<std::size_t>(static_cast<double>(max_bytes) / bytes_per_row);
  return std::clamp<std::size_t>(rows, 1, static_cast<std::size_t>(shapes[0].height));
}

}  // namespace

std::vector<std::uint32_t> DrawChannels(std::size_t total, std::size_t dims, std::uint64_t seed) {
  std::mt19937 generator(static_cast<std::uint32_t>(seed));
  std::vector<std::uint32_t> outputs(total);
  for (std::uint32_t& output : outputs) output = static_cast<std::uint32_t>(generator());
  std::vector<std::uint32_t> channels(total);
  std::iota(channels.begin(), channels.end(), 0U);
  std::stable_sort(channels.begin(), channels.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return outputs[a] < outputs[b]; });
  channels.resize(std::min(dims, total));
  std::sort(channels.begin(), channels.end());
  return channels;
}

int DefaultDims(const std::string& extractor_name) {
  const std::string wide = "wide_resnet50_2";
  return extractor_name.compare(0, wide.size(), wide) == 0 ? 550 : 100;
}

DrawnSamples::DrawnSamples(std::vector<FeatureShape> shapes, const std::vector<std::uint32_t>& channels)
    : shapes_(std::move(shapes)), channels_(shapes_.size()) {
  for (const std::uint32_t channel : channels) {
    std::size_t level = 0, within = channel;
    while (level < shapes_.size() && within >= static_cast<std::size_t>(shapes_[level].channels)) {
      within -= static_cast<std::size_t>(shapes_[level++].channels);
    }
    if (level == shapes_.size()) throw std::logic_error("DrawnSamples: a channel that no level has");
    channels_[level].push_back(static_cast<std::uint32_t>(within));
  }
}

std::size_t DrawnSamples::num_dims() const {
  std::size_t dims = 0;
  for (const auto& channels : channels_) dims += channels.size();
  return dims;
}

std::size_t DrawnSamples::CellOf(std::size_t level, std::size_t location) const {
  const auto width = static_cast<std::size_t>(shapes_[0].width),
             height = static_cast<std::size_t>(shapes_[0].height);
  const auto level_width = static_cast<std::size_t>(shapes_[level].width);
  const std::size_t x = location % width * level_width / width;
  const std::size_t y = location / width * static_cast<std::size_t>(shapes_[level].height) / height;
  return y * level_width + x;
}

void DrawnSamples::Read(const FeatureMap& map, std::size_t level, std::size_t cell, float* out) const {
  const float* values = map.row(cell);
  for (const std::uint32_t channel : channels_[level]) *out++ = values[channel];
}

void DrawnSamples::Read(const std::vector<const FeatureMap*>& levels, std::size_t location,
                        float* out) const {
  for (std::size_t l = 0; l < shapes_.size(); ++l) {
    Read(*levels[l], l, CellOf(l, location), out);
    out += channels_[l].size();
  }
}

std::size_t FactorLayout::padded_dims() const { return RoundUp(num_dims, kProductMultiple); }

std::size_t FactorLayout::num_cols(std::size_t row) const {
  return is_low_rank() ? padded_dims() : (row / kProductMultiple + 1) * kProductMultiple;
}

std::size_t FactorLayout::size() const {
  std::size_t size = 0;
  for (std::size_t row = 0; row < num_rows(); ++row) size += num_cols(row);
  return size;
}

std::vector<std::vector<float>> FitGaussians(const GalleryFeatures& gallery, const ScoringOptions& options,
                                             const GaussianFitting& fitting, const GaussianSink& sink,
                                             const std::function<bool(std::size_t)>& go_on) {
  const std::vector<FeatureShape> shapes = SelectShapes(gallery.level_shapes(), options.levels);
  const DrawnSamples drawn(
      shapes, DrawChannels(NumChannels(shapes), static_cast<std::size_t>(options.dims), options.seed));
  const FactorLayout layout{drawn.num_dims(), gallery.num_images()};
  std::size_t num_scored = 0;
  for (const HoldOut& hold_out : fitting.hold_outs) num_scored += hold_out.scored.size();
  std::vector<std::vector<float>> distances(num_scored, std::vector<float>(drawn.num_locations()));
  const std::size_t width = static_cast<std::size_t>(shapes[0].width);
  const std::size_t block_size =
      RowsPerBlock(shapes, drawn, gallery.num_images(), fitting.max_sample_bytes) * width;
  for (std::size_t begin = 0; begin < drawn.num_locations(); begin += block_size) {
    const std::size_t end = std::min(begin + block_size, drawn.num_locations());
    const SampleBlock block(gallery, options.levels, drawn, begin, end);
    std::size_t next = begin;
    bool was_stopped = false;
    RunPipeline([&]() -> PipelineWork {
      was_stopped = was_stopped || (go_on && next < end && !go_on(next));
      if (was_stopped || next == end) return {};
      return [&, location = next++]() -> PipelineEmit {
        const LocationFit fit(block.At(location), kPadimRidge);
        const auto mean = std::make_shared<std::vector<float>>(layout.num_dims);
        const auto factor = std::make_shared<std::vector<float>>(layout.size());
        fit.Write(layout, mean->data(), factor->data());
        std::size_t scored = 0;
        for (const HoldOut& hold_out : fitting.hold_outs) {
          for (const double distance : fit.Distances(hold_out)) {
            distances[scored++][location] = static_cast<float>(distance);
          }
        }
        return [&sink, mean, factor] { sink(mean->data(), factor->data()); };
      };
    });
    if (was_stopped) break;
  }
  return distances;
}

}  // namespace touchstone
