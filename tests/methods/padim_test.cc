#include "touchstone/methods/padim.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <random>

#include "core/support.h"
#include "methods/fake_gallery.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

const std::vector<FeatureShape> kShapes{{4, 6, 5}, {2, 3, 7}, {1, 2, 8}};
constexpr std::size_t kLocations = 24;

ScoringOptions Options(int dims) {
  ScoringOptions options;
  options.method = Method::kPadim;
  options.levels = {1, 2, 3};
  options.dims = dims;
  options.seed = 9;
  return options;
}

FakeGallery GalleryOf(std::size_t num_images) {
  std::mt19937 generator(21);
  std::vector<ImageFeatures> images;
  for (std::size_t i = 0; i < num_images; ++i) images.push_back(RandomFeatures(&generator, kShapes, 1));
  return FakeGallery(std::move(images));
}

// A fitted model and what it looks at.
struct Fitted {
  GaussianModel model;
  std::vector<float> means, factors;
  std::vector<std::vector<float>> own;
};

void Fit(const FakeGallery& gallery, const ScoringOptions& options, const GaussianFitting& fitting,
         Fitted* fitted) {
  fitted->model.channels = DrawChannels(20, static_cast<std::size_t>(options.dims), options.seed);
  fitted->model.num_images = gallery.num_images();
  const FactorLayout layout{fitted->model.channels.size(), gallery.num_images()};
  fitted->own = FitGaussians(gallery, options, fitting, [&](const float* mean, const float* factor) {
    fitted->means.insert(fitted->means.end(), mean, mean + layout.num_dims);
    fitted->factors.insert(fitted->factors.end(), factor, factor + layout.size());
  });
  fitted->model.means = fitted->means.data();
  fitted->model.factors = fitted->factors.data();
}

// The sample at a place, straight from the words: the cell of each level that the place lies in.
Eigen::VectorXd Sample(const ImageFeatures& image, std::size_t location,
                       const std::vector<std::uint32_t>& channels) {
  std::vector<float> joined;
  const std::size_t x = location % 6, y = location / 6;
  for (const FeatureMap& level : image.pyramid) {
    const std::size_t width = static_cast<std::size_t>(level.shape.width);
    const std::size_t cell = y * static_cast<std::size_t>(level.shape.height) / 4 * width + x * width / 6;
    joined.insert(joined.end(), level.row(cell), level.row(cell) + level.shape.channels);
  }
  Eigen::VectorXd sample(static_cast<Eigen::Index>(channels.size()));
  for (Eigen::Index c = 0; c < sample.size(); ++c) {
    sample[c] = static_cast<double>(joined[channels[static_cast<std::size_t>(c)]]);
  }
  return sample;
}

// Eq. 2 as it stands, by the Gaussian of some of the images.
double Mahalanobis(const std::vector<ImageFeatures>& images, const std::vector<std::size_t>& used,
                   const ImageFeatures& query, std::size_t location,
                   const std::vector<std::uint32_t>& channels) {
  const auto dims = static_cast<Eigen::Index>(channels.size());
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(dims);
  for (const std::size_t i : used)
    mean += Sample(images[i], location, channels) / static_cast<double>(used.size());
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(dims, dims);
  for (const std::size_t i : used) {
    const Eigen::VectorXd centred = Sample(images[i], location, channels) - mean;
    covariance += centred * centred.transpose() / std::max(1.0, static_cast<double>(used.size()) - 1);
  }
  covariance += 0.01 * Eigen::MatrixXd::Identity(dims, dims);
  const Eigen::VectorXd x = Sample(query, location, channels) - mean;
  return std::sqrt(x.dot(covariance.fullPivLu().solve(x)));
}

std::vector<std::size_t> FirstNumbers(std::size_t count) {
  std::vector<std::size_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

TEST(DrawChannels, TakesThoseWithTheSmallestOutputsInOrder) {
  std::mt19937 generator(5);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> outputs;
  for (std::uint32_t c = 0; c < 30; ++c) outputs.emplace_back(static_cast<std::uint32_t>(generator()), c);
  std::sort(outputs.begin(), outputs.end());
  std::vector<std::uint32_t> expected;
  for (std::size_t i = 0; i < 8; ++i) expected.push_back(outputs[i].second);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(DrawChannels(30, 8, 5), expected);
  EXPECT_EQ(DrawChannels(3, 8, 5), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(DefaultDims, AreThePapers) {
  EXPECT_EQ(DefaultDims("wide_resnet50_2"), 550);
  EXPECT_EQ(DefaultDims("wide_resnet50_2-random"), 550);
  EXPECT_EQ(DefaultDims("resnet18"), 100);
}

TEST(Padim, IsTheMahalanobisDistanceWithFewImagesAndWithMany) {
  for (const std::size_t num_images : {1U, 2U, 3U, 9U, 16U, 17U, 40U}) {
    for (const int dims : {1, 9, 16, 17, 20}) {
      const FakeGallery gallery = GalleryOf(num_images);
      Fitted fitted;
      Fit(gallery, Options(dims), {}, &fitted);
      std::mt19937 generator(77);
      const ImageFeatures query = RandomFeatures(&generator, kShapes, 1);
      const MethodScores scores = PadimScorer(fitted.model, kShapes, Options(dims)).Score(query, 0);
      ASSERT_EQ(scores.grids[0].values.size(), kLocations);
      for (std::size_t p = 0; p < kLocations; ++p) {
        const double expected =
            Mahalanobis(gallery.images(), FirstNumbers(num_images), query, p, fitted.model.channels);
        EXPECT_NEAR(scores.grids[0].values[p], expected, 1e-4 * expected)
            << num_images << " images, " << dims << " channels, location " << p;
      }
      EXPECT_TRUE(scores.nearest.empty());
    }
  }
}

// @param wild  how much one of the images left out exceeds the others
void ExpectHeldOutScores(std::size_t num_images, int dims, float wild) {
  std::vector<ImageFeatures> images = GalleryOf(num_images).images();
  for (FeatureMap& level : images[1].pyramid) {
    for (float& value : level.values) value *= wild;
  }
  const FakeGallery gallery(images);
  std::vector<std::size_t> used{0};
  for (std::size_t i = 3; i < num_images; ++i) used.push_back(i);
  const std::vector<std::size_t> few{0, 2, 4};
  Fitted fitted;
  Fit(gallery, Options(dims), {{{{1, 2}, used}, {{5}, few}}}, &fitted);
  ASSERT_EQ(fitted.own.size(), 3U);
  const std::size_t scored[] = {1, 2, 5};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t p = 0; p < kLocations; ++p) {
      const double expected =
          Mahalanobis(images, i < 2 ? used : few, images[scored[i]], p, fitted.model.channels);
      EXPECT_NEAR(fitted.own[i][p], expected, 1e-5 * expected)
          << num_images << ", " << dims << ", " << i << ", wild " << wild;
    }
  }
}

TEST(Padim, ScoresHeldOutImagesByTheGaussiansOfTheOthers) {
  for (const std::size_t num_images : {6U, 30U}) {
    for (const int dims : {3, 12, 20}) {
      for (const float wild : {1.0F, 1e3F, 1e5F}) ExpectHeldOutScores(num_images, dims, wild);
    }
  }
}

// The covariance is summed over the images used, or what those left out add is taken off, whichever are
// fewer.
TEST(Padim, ScoresHeldOutImagesByAnyShareOfTheOthers) {
  constexpr std::size_t kImages = 30;
  const FakeGallery gallery = GalleryOf(kImages);
  for (const int dims : {3, 12}) {
    GaussianFitting fitting;
    for (const std::size_t num_used : {12U, 14U, 15U, 16U, 29U}) {
      const std::vector<std::size_t> used = FirstNumbers(num_used);
      fitting.hold_outs.push_back({{kImages - 1}, used});
    }
    Fitted fitted;
    Fit(gallery, Options(dims), fitting, &fitted);
    for (std::size_t i = 0; i < fitting.hold_outs.size(); ++i) {
      const std::vector<std::size_t>& used = fitting.hold_outs[i].used;
      for (std::size_t p = 0; p < kLocations; ++p) {
        const double expected =
            Mahalanobis(gallery.images(), used, gallery.images()[kImages - 1], p, fitted.model.channels);
        EXPECT_NEAR(fitted.own[i][p], expected, 1e-6 * expected) << used.size() << " used, " << dims;
      }
    }
  }
}

TEST(Padim, PartsOfTheLevelsAddUpToTheSquaredDistance) {
  for (const std::size_t num_images : {4U, 30U}) {
    const FakeGallery gallery = GalleryOf(num_images);
    Fitted fitted;
    Fit(gallery, Options(15), {}, &fitted);
    std::mt19937 generator(78);
    const ImageFeatures query = RandomFeatures(&generator, kShapes, 1);
    const PadimScorer scorer(fitted.model, kShapes, Options(15));
    const MethodScores scores = scorer.Score(query, 0);
    const std::vector<LevelPart> parts = scorer.Parts(query, scores, 0, 13);
    ASSERT_EQ(parts.size(), 3U);
    double sum = 0;
    for (const LevelPart& part : parts) sum += part.distance;
    const double squared = std::pow(static_cast<double>(scores.grids[0].values[13]), 2);
    EXPECT_NEAR(sum, squared, 0.01 * squared);
    // The first level by itself is the Gaussian of its channels alone.
    std::vector<std::uint32_t> of_first;
    for (const std::uint32_t channel : fitted.model.channels) {
      if (channel < 5) of_first.push_back(channel);
    }
    const double first = Mahalanobis(gallery.images(), FirstNumbers(num_images), query, 13, of_first);
    EXPECT_NEAR(parts[0].distance, first * first, 0.01 * first * first);
  }
}

TEST(Padim, IsTheSameForAnyNumberOfThreads) {
  const FakeGallery gallery = GalleryOf(7);
  Fitted expected;
  Fit(gallery, Options(9), {{{{0}, {1, 2, 3}}}}, &expected);
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] {
      Fitted fitted;
      Fit(gallery, Options(9), {{{{0}, {1, 2, 3}}}}, &fitted);
      EXPECT_EQ(fitted.means, expected.means);
      EXPECT_EQ(fitted.factors, expected.factors);
      EXPECT_EQ(fitted.own, expected.own);
    });
  }
}

TEST(Padim, ScoresSeveralImagesAtOnceAsEachByItself) {
  for (const std::size_t num_images : {5U, 40U}) {
    for (const int dims : {9, 17, 20}) {
      const FakeGallery gallery = GalleryOf(num_images);
      Fitted fitted;
      Fit(gallery, Options(dims), {}, &fitted);
      const PadimScorer scorer(fitted.model, kShapes, Options(dims));
      std::mt19937 generator(80);
      std::vector<ImageFeatures> images;
      for (int i = 0; i < 17; ++i) images.push_back(RandomFeatures(&generator, kShapes, 1));
      for (const std::size_t count : {0U, 1U, 2U, 3U, 4U, 5U, 8U, 9U, 16U, 17U}) {
        std::vector<ScorerQuery> queries;
        for (std::size_t i = 0; i < count; ++i) queries.push_back({&images[i], i});
        const std::vector<MethodScores> scores = scorer.ScoreEach(queries, {});
        ASSERT_EQ(scores.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
          const MethodScores alone = scorer.Score(images[i], i);
          EXPECT_EQ(scores[i].grids[0].values, alone.grids[0].values)
              << num_images << " images, " << dims << " channels, " << i << " of " << count;
          EXPECT_EQ(scores[i].grid_levels, alone.grid_levels);
        }
      }
    }
  }
}

TEST(Padim, IsTheSameForBlocksOfAnySize) {
  const FakeGallery gallery = GalleryOf(7);
  Fitted expected;
  Fit(gallery, Options(9), {{{{0}, {1, 2, 3}}}}, &expected);
  for (const std::size_t max_bytes : {0U, 1U, 1100U, 1600U}) {
    Fitted fitted;
    Fit(gallery, Options(9), {{{{0}, {1, 2, 3}}}, max_bytes}, &fitted);
    EXPECT_EQ(fitted.means, expected.means) << max_bytes;
    EXPECT_EQ(fitted.factors, expected.factors) << max_bytes;
    EXPECT_EQ(fitted.own, expected.own) << max_bytes;
  }
}

// Of few images a factor that is too large would leave less than nothing of a length; of many it is finite.
// At the first location, within a block of locations, at the border of two, and never.
TEST(Padim, FittingEndsWhereItIsTold) {
  const FakeGallery gallery = GalleryOf(5);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1} << 30}) {
    for (const std::size_t end : {std::size_t{0}, std::size_t{4}, std::size_t{6}, kLocations}) {
      std::size_t num_asked = 0, num_sunk = 0;
      FitGaussians(
          gallery, Options(10), {{}, bytes}, [&](const float*, const float*) { ++num_sunk; },
          [&](std::size_t num_begun) {
            EXPECT_EQ(num_begun, num_asked);
            EXPECT_LE(num_begun, end);  // not asked again
            ++num_asked;
            return num_begun < end;
          });
      EXPECT_EQ(num_sunk, end) << bytes;
    }
  }
}

TEST(Padim, GaussiansOfDamagedNumbersAreAnErrorAndNoScore) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const std::size_t num_images : {5U, 30U}) {
    for (const float value : {infinity, std::nanf(""), num_images == 5 ? 100.0F : -infinity}) {
      const FakeGallery gallery = GalleryOf(num_images);
      Fitted fitted;
      Fit(gallery, Options(9), {}, &fitted);
      fitted.factors[0] = value;
      const PadimScorer scorer(fitted.model, kShapes, Options(9));
      std::mt19937 generator(79);
      const ImageFeatures query = RandomFeatures(&generator, kShapes, 1);
      EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "Gaussians are damaged", [&] { scorer.Score(query, 0); }));
    }
  }
}

TEST(FactorLayout, CountsWhatIsKept) {
  EXPECT_EQ((FactorLayout{20, 5}).size(), 5U * 32);             // 5 rows of 20, padded to 32
  EXPECT_EQ((FactorLayout{20, 20}).size(), 16U * 16 + 4 * 32);  // a triangle in steps of 16
  EXPECT_EQ((FactorLayout{550, 600}).size(), 34U * 35 / 2 * 256 + 6 * 560);
}

}  // namespace
}  // namespace touchstone
