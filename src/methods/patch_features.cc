#include "touchstone/methods/patch_features.h"

#include <algorithm>
#include <utility>

#include "touchstone/methods/fusion.h"

namespace touchstone {
namespace {

constexpr std::size_t kReferenceSize = 1024;  // what the authors' code pools to
constexpr int kReach = 1;                     // of a neighbourhood
constexpr std::size_t kNeighbors = 9;

// Calls visit(neighbour, place in the neighbourhood, row by row) for those that lie on the level.
template <typename Visit>
void ForNeighbors(const FeatureMap& level, int x, int y, const Visit& visit) {
  for (int dy = -kReach; dy <= kReach; ++dy) {
    for (int dx = -kReach; dx <= kReach; ++dx) {
      const int nx = x + dx, ny = y + dy;
      if (nx < 0 || ny < 0 || nx >= level.shape.width || ny >= level.shape.height) continue;
      const auto location = static_cast<std::size_t>(ny) * level.shape.width + nx;
      visit(level.row(location), static_cast<std::size_t>((dy + kReach) * 3 + dx + kReach));
    }
  }
}

// f(x, y) = 1/9 sum phi(x + i, y + j)
FeatureMap Averaged(const FeatureMap& level) {
  FeatureMap averaged{level.shape, std::vector<float>(level.values.size())};
  const int channels = level.shape.channels;
  std::size_t location = 0;
  for (int y = 0; y < level.shape.height; ++y) {
    for (int x = 0; x < level.shape.width; ++x, ++location) {
      float* out = averaged.row(location);
      ForNeighbors(level, x, y, [&](const float* neighbor, std::size_t) {
        for (int c = 0; c < channels; ++c) out[c] += neighbor[c];
      });
      for (int c = 0; c < channels; ++c) out[c] /= static_cast<float>(kNeighbors);
    }
  }
  return averaged;
}

// Adaptive average pooling: bin i is the mean of values floor(i n / m) .. ceil((i + 1) n / m) - 1.
void Pool(const std::vector<float>& values, float* out) {
  const std::size_t n = values.size(), m = kReferenceSize;
  for (std::size_t i = 0; i < m; ++i) {
    const std::size_t begin = i * n / m, end = ((i + 1) * n + m - 1) / m;
    float sum = 0;
    for (std::size_t v = begin; v < end; ++v) sum += values[v];
    out[i] = sum / static_cast<float>(end - begin);
  }
}

// Each neighbourhood flattened, channel by channel, and pooled.
FeatureMap Flattened(const FeatureMap& level) {
  FeatureMap pooled{level.shape, {}};
  pooled.shape.channels = static_cast<int>(kReferenceSize);
  pooled.values.resize(pooled.shape.num_values());
  const auto channels = static_cast<std::size_t>(level.shape.channels);
  std::vector<float> flat(kNeighbors * channels);
  std::size_t location = 0;
  for (int y = 0; y < level.shape.height; ++y) {
    for (int x = 0; x < level.shape.width; ++x, ++location) {
      std::fill(flat.begin(), flat.end(), 0.0F);
      ForNeighbors(level, x, y, [&](const float* neighbor, std::size_t place) {
        for (std::size_t c = 0; c < channels; ++c) flat[c * kNeighbors + place] = neighbor[c];
      });
      Pool(flat, pooled.row(location));
    }
  }
  return pooled;
}

FeatureMap PooledTogether(const FeatureMap& joined) {
  FeatureMap pooled{joined.shape, {}};
  pooled.shape.channels = static_cast<int>(kReferenceSize);
  pooled.values.resize(pooled.shape.num_values());
  for (std::size_t p = 0; p < joined.shape.num_locations(); ++p) {
    Pool({joined.row(p), joined.row(p) + joined.shape.channels}, pooled.row(p));
  }
  return pooled;
}

}  // namespace

FeatureMap PatchFeatures(const std::vector<const FeatureMap*>& levels, Pooling pooling) {
  std::vector<FeatureMap> aware;
  for (const FeatureMap* level : levels) {
    aware.push_back(pooling == Pooling::kPaper ? Averaged(*level) : Flattened(*level));
  }
  FeatureMap joined = FuseLevels(aware);
  return pooling == Pooling::kPaper ? std::move(joined) : PooledTogether(joined);
}

FeatureMap PatchFeatures(const std::vector<FeatureMap>& levels, Pooling pooling) {
  std::vector<const FeatureMap*> pointers;
  for (const FeatureMap& level : levels) pointers.push_back(&level);
  return PatchFeatures(pointers, pooling);
}

FeatureShape PatchFeatureShape(const std::vector<FeatureShape>& levels, Pooling pooling) {
  FeatureShape shape = levels.at(0);
  shape.channels = 0;
  for (const FeatureShape& level : levels) shape.channels += level.channels;
  if (pooling == Pooling::kReference) shape.channels = static_cast<int>(kReferenceSize);
  return shape;
}

}  // namespace touchstone
