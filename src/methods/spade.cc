#include "touchstone/methods/spade.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>

#include "methods/coarse_distances.h"
#include "methods/image_cache.h"
#include "touchstone/core/error.h"
#include "touchstone/methods/fusion.h"

namespace touchstone {
namespace {

constexpr std::size_t kSampleImages = 32;  // for the projection: images, and rows of each
constexpr std::size_t kSampleRows = 192;
// Rows have 12 of 25 parts of the cache, codes the others: as 50 images of ResNet-18 need them at 256 px.
constexpr std::size_t kShareOfRows = 12;

RowsView View(const FeatureMap& map) {
  return {map.values.data(), map.shape.num_locations(), static_cast<std::size_t>(map.shape.channels)};
}

// What is searched: all levels fused, or each level by itself.
std::vector<std::unique_ptr<RowSource>> SearchSpaces(const std::vector<FeatureMap>& levels, Fusion fusion) {
  std::vector<std::unique_ptr<RowSource>> spaces;
  if (fusion == Fusion::kConcat) {
    spaces.push_back(std::make_unique<FusedRows>(levels));
  } else {
    for (const FeatureMap& level : levels) spaces.push_back(std::make_unique<MatrixRows>(View(level)));
  }
  return spaces;
}

double ApplyDistance(float squared, Distance distance) {
  return distance == Distance::kL2 ? std::sqrt(static_cast<double>(squared)) : static_cast<double>(squared);
}

// `count` rows, evenly spaced, appended to `sample`.
void AppendRows(const RowSource& rows, std::size_t count, std::vector<float>* sample) {
  std::vector<float> scratch(rows.cols());
  count = std::min(count, rows.rows());
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = rows.Row(i * rows.rows() / count, scratch.data());
    sample->insert(sample->end(), row, row + rows.cols());
  }
}

// Distances of NaN have no order.
void CheckFinite(RowsView globals, const char* whose) {
  for (std::size_t i = 0; i < globals.rows * globals.cols; ++i) {
    if (!std::isfinite(globals.data[i])) {
      throw Error(ErrorCode::kNotFinite, std::string("the global feature of ") + whose +
                                             " holds NaN or infinity; use another extractor");
    }
  }
}

// The first `count` entries of a shuffle of `all` that depends on seed and draw alone.
std::vector<Neighbor> DrawImages(std::vector<Neighbor> all, std::size_t count, std::uint64_t seed,
                                 std::uint64_t draw) {
  std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      static_cast<std::uint32_t>(draw), static_cast<std::uint32_t>(draw >> 32)};
  std::mt19937_64 generator(mixed);
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(all[i], all[i + generator() % (all.size() - i)]);
  }
  all.resize(count);
  return all;
}

// The levels of a gallery image, and all of them fused where they are searched so.
struct ImageRows {
  std::vector<FeatureMap> levels;
  std::optional<FusedRows> fused;
  std::size_t num_bytes() const {
    std::size_t bytes = 0;
    for (const FeatureMap& level : levels) bytes += level.values.size() * sizeof(float);
    return bytes;
  }
};

// The codes of a gallery image in each search space.
struct ImageCodes {
  std::vector<Codes> spaces;
  std::size_t num_bytes() const {
    std::size_t bytes = 0;
    for (const Codes& codes : spaces) bytes += codes.num_bytes();
    return bytes;
  }
};

}  // namespace

struct SpadeScorer::Impl {
  const GalleryFeatures& gallery;
  ScoringOptions options;
  std::vector<Projection> projections;  // one a search space
  // Apart from each other: every code of an image is read in each search, its rows hardly, and where they
  // are large no more than a few images' would fit.
  mutable ImageCache<ImageRows> rows;
  mutable ImageCache<ImageCodes> codes;

  Impl(const GalleryFeatures& gallery_in, const ScoringOptions& options_in, std::size_t cache_bytes)
      : gallery(gallery_in),
        options(options_in),
        rows(cache_bytes / 25 * kShareOfRows, [this](std::size_t image) { return ReadRows(image); }),
        codes(cache_bytes / 25 * (25 - kShareOfRows),
              [this](std::size_t image) { return MakeCodes(image); }) {
    const int num_levels = static_cast<int>(gallery.level_shapes().size());
    Validate(options, num_levels);
    if (gallery.num_images() == 0) throw std::logic_error("SpadeScorer: the gallery is empty");
    for (int l = 1; options_in.levels.empty() && l <= num_levels; ++l) options.levels.push_back(l);
    const std::size_t wanted = static_cast<std::size_t>(options.num_retrieved);
    options.num_retrieved = static_cast<int>(std::min(wanted, gallery.num_images()));
    CheckNumNeighbors(options, gallery.level_shapes(), gallery.num_images());
    CheckFinite(gallery.globals(), "a gallery image");
    FitProjections();
  }

  void FitProjections() {
    const std::size_t num_images = std::min(kSampleImages, gallery.num_images());
    std::vector<std::vector<float>> samples;
    std::vector<std::size_t> channels;
    for (std::size_t i = 0; i < num_images; ++i) {
      const std::vector<FeatureMap> levels =
          gallery.ReadPyramid(i * gallery.num_images() / num_images, options.levels);
      const auto spaces = SearchSpaces(levels, options.fusion);
      samples.resize(spaces.size());
      channels.resize(spaces.size());
      for (std::size_t s = 0; s < spaces.size(); ++s) {
        AppendRows(*spaces[s], kSampleRows, &samples[s]);
        channels[s] = spaces[s]->cols();
      }
    }
    for (std::size_t s = 0; s < samples.size(); ++s) {
      const RowsView sample{samples[s].data(), samples[s].size() / channels[s], channels[s]};
      projections.push_back(FitProjection(sample));
    }
  }

  ImageRows ReadRows(std::size_t image) const {
    ImageRows read;
    read.levels = gallery.ReadPyramid(image, options.levels);
    if (options.fusion == Fusion::kConcat) read.fused.emplace(read.levels);
    return read;
  }

  ImageCodes MakeCodes(std::size_t image) const {
    const auto image_rows = rows.Get(image);
    const auto spaces = SearchSpaces(image_rows->levels, options.fusion);
    ImageCodes made;
    for (std::size_t s = 0; s < spaces.size(); ++s) {
      made.spaces.push_back(Encode(projections[s], *spaces[s]));
    }
    return made;
  }

  std::vector<FeatureMap> LevelsOfImage(const ImageFeatures& features) const {
    if (features.global.size() != gallery.globals().cols) {
      throw Error(ErrorCode::kShape,
                  "the image's features have another number of global values than the gallery's; use the "
                  "extractor that made the gallery");
    }
    return SelectLevels(features, gallery.level_shapes(), options.levels);
  }

  // Of a search space.
  std::vector<int> LevelsOf(std::size_t space) const {
    return options.fusion == Fusion::kConcat ? options.levels : std::vector<int>{options.levels[space]};
  }

  // Every gallery image but those left out, nearest first.
  std::vector<Neighbor> RankImages(const std::vector<float>& global,
                                   const std::vector<std::size_t>& left_out) const {
    CheckFinite({global.data(), 1, global.size()}, "the image");
    std::vector<Neighbor> ranked = NearestRows(global.data(), gallery.globals(), gallery.num_images());
    const auto is_left_out = [&](const Neighbor& image) {
      return std::find(left_out.begin(), left_out.end(), image.row) != left_out.end();
    };
    ranked.erase(std::remove_if(ranked.begin(), ranked.end(), is_left_out), ranked.end());
    if (ranked.empty()) throw std::logic_error("SpadeScorer: no gallery image is left to compare with");
    return ranked;
  }

  // All levels fused, searched at once.
  // @param levels  of the query.
  void SearchFused(const std::vector<FeatureMap>& levels, MethodScores* scores) const {
    const FusedRows query(levels);
    std::optional<CoarseDistances::Query> coarse;
    if (CoarseDistances::CanPay(query)) coarse.emplace(query, projections[0]);
    const FeatureMap fused = FuseLevels(levels);
    PatchSearch search = StartSearch(0, fused, query);
    for (const Neighbor& image : scores->retrieved) {
      const auto image_codes = codes.Get(image.row);
      const auto image_rows = rows.Get(image.row);
      std::optional<CoarseDistances> tail;
      if (coarse) tail.emplace(*coarse, *image_rows->fused);
      search.AddImage(*image_rows->fused, image_codes->spaces[0], static_cast<std::int32_t>(image.row),
                      nullptr, tail ? &*tail : nullptr);
    }
    AddScores(search, fused.shape, LevelsOf(0), scores);
  }

  // One level by itself.
  void SearchLevel(std::size_t space, const FeatureMap& query, MethodScores* scores) const {
    PatchSearch search = StartSearch(space, query, MatrixRows(View(query)));
    for (const Neighbor& image : scores->retrieved) {
      const auto image_codes = codes.Get(image.row);
      const auto image_rows = rows.Get(image.row);
      search.AddImage(MatrixRows(View(image_rows->levels[space])), image_codes->spaces[space],
                      static_cast<std::int32_t>(image.row));
    }
    AddScores(search, query.shape, LevelsOf(space), scores);
  }

  // @param query_rows  the same as `query`, from what it was made of.
  PatchSearch StartSearch(std::size_t space, const FeatureMap& query, const RowSource& query_rows) const {
    const Projection& projection = projections[space];
    return PatchSearch(View(query), EncodeQuery(projection, query_rows), projection,
                       static_cast<std::size_t>(options.num_neighbors));
  }

  // The mean distance of each location to its k nearest, and the nearest.
  void AddScores(const PatchSearch& search, FeatureShape shape, const std::vector<int>& levels,
                 MethodScores* scores) const {
    const std::size_t k = static_cast<std::size_t>(options.num_neighbors);
    const std::vector<PatchNeighbor> neighbors = search.Result();
    ScoreMap map{{shape.width, shape.height}, std::vector<float>(shape.num_locations())};
    std::vector<PatchNeighbor> nearest(map.values.size());
    for (std::size_t p = 0; p < map.values.size(); ++p) {
      double sum = 0;  // d(y, p) = 1/k sum ||f - F(y, p)||^2
      for (std::size_t i = 0; i < k; ++i) {
        sum += ApplyDistance(neighbors[p * k + i].squared_distance, options.distance);
      }
      map.values[p] = static_cast<float>(sum / static_cast<double>(k));
      nearest[p] = neighbors[p * k];
    }
    scores->grids.push_back(std::move(map));
    scores->grid_levels.push_back(levels);
    scores->nearest.push_back(std::move(nearest));
  }
};

SpadeScorer::SpadeScorer(const GalleryFeatures& gallery, const ScoringOptions& options,
                         std::size_t cache_bytes)
    : impl_(std::make_unique<Impl>(gallery, options, cache_bytes)) {}

SpadeScorer::~SpadeScorer() = default;

const ScoringOptions& SpadeScorer::options() const { return impl_->options; }

MethodScores SpadeScorer::Score(const ImageFeatures& features, std::uint64_t draw,
                                const ScoringScope& scope) const {
  const ScoringOptions& options = impl_->options;
  std::vector<FeatureMap> levels = impl_->LevelsOfImage(features);
  const std::vector<Neighbor> ranked = impl_->RankImages(features.global, scope.left_out);
  const std::size_t count =
      std::min<std::size_t>(static_cast<std::size_t>(options.num_retrieved), ranked.size());
  double sum = 0;  // d(y) = 1/K sum ||f - f_y||^2
  for (std::size_t i = 0; i < count; ++i) {
    sum += ApplyDistance(ranked[i].squared_distance, options.distance);
  }
  MethodScores scores;
  scores.retrieval_score = sum / static_cast<double>(count);
  scores.retrieved.assign(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count));
  if (options.retrieval == Retrieval::kRandom) {
    scores.retrieved = DrawImages(ranked, count, options.seed, draw);
  }
  if (scope.gate && *scores.retrieval_score <= *scope.gate) return scores;
  if (options.fusion == Fusion::kConcat) {
    impl_->SearchFused(levels, &scores);
  } else {
    for (std::size_t l = 0; l < levels.size(); ++l) impl_->SearchLevel(l, levels[l], &scores);
  }
  return scores;
}

std::vector<LevelPart> SpadeScorer::Parts(const ImageFeatures& features, const MethodScores& scores,
                                          std::size_t grid, std::size_t location) const {
  const PatchNeighbor& nearest = scores.nearest[grid][location];
  const std::vector<int>& levels = scores.grid_levels[grid];
  if (levels.size() == 1) {
    return {{levels[0], ApplyDistance(nearest.squared_distance, impl_->options.distance)}};
  }
  std::vector<FeatureMap> pyramid;
  for (const int level : levels) pyramid.push_back(features.pyramid[level - 1]);
  const std::vector<FeatureMap> normal_pyramid =
      impl_->gallery.ReadPyramid(static_cast<std::size_t>(nearest.image), levels);
  const FusedRows image(pyramid), normal(normal_pyramid);
  std::vector<float> image_row(image.cols()), normal_row(normal.cols());
  const float* a = image.Row(location, image_row.data());
  const float* b = normal.Row(static_cast<std::size_t>(nearest.location), normal_row.data());
  std::vector<LevelPart> parts;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const auto channels = static_cast<std::size_t>(pyramid[l].shape.channels);
    parts.push_back({levels[l], SquaredDistance(a, b, channels)});
    a += channels;
    b += channels;
  }
  return parts;
}

}  // namespace touchstone
