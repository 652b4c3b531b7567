#include "touchstone/methods/scoring_options.h"

#include <cmath>
#include <limits>

#include "core/support.h"

namespace touchstone {
namespace {

testing::AssertionResult RefusesOption(const ScoringOptions& options, const std::string& part) {
  return Refuses(ErrorCode::kOption, part, [&] { Validate(options, 3); });
}

TEST(ScoringOptions, DefaultToThePaper) {
  const ScoringOptions options;
  EXPECT_EQ(options.num_retrieved, 50);
  EXPECT_EQ(options.num_neighbors, 1);
  EXPECT_EQ(options.sigma, 4);
  EXPECT_EQ(options.fusion, Fusion::kConcat);
  EXPECT_EQ(options.distance, Distance::kL2Squared);
  EXPECT_EQ(options.retrieval, Retrieval::kNearest);
  EXPECT_EQ(options.image_score, ImageScore::kMapMax);
}

TEST(ScoringOptions, DifferWhereAnyFieldDiffers) {
  const ScoringOptions plain;
  std::vector<ScoringOptions> changed(15, plain);
  changed[0].num_retrieved = 5;
  changed[1].num_neighbors = 3;
  changed[2].sigma = 2;
  changed[3].fusion = Fusion::kPerLevel;
  changed[4].distance = Distance::kL2;
  changed[5].levels = {1};
  changed[6].retrieval = Retrieval::kRandom;
  changed[7].image_score = ImageScore::kRetrieval;
  changed[8].seed = 1;
  changed[9].method = Method::kPadim;
  changed[10].coreset = 0.2;
  changed[11].pooling = Pooling::kReference;
  changed[12].reweight_neighbors = 3;
  changed[13].search = BankIndex::kIvfPq;
  changed[14].dims = 7;
  EXPECT_TRUE(plain == ScoringOptions());
  for (std::size_t i = 0; i < changed.size(); ++i) EXPECT_FALSE(changed[i] == plain) << "field " << i;
}

TEST(Validate, AcceptsTheEndsOfEveryRange) {
  ScoringOptions options;
  options.num_retrieved = options.num_neighbors = 1;
  for (const double sigma : {0.0, 100.0}) {
    options.sigma = sigma;
    options.levels = {1, 3};
    EXPECT_NO_THROW(Validate(options, 3));
  }
  options.num_retrieved = options.num_neighbors = std::numeric_limits<int>::max();
  options.levels = {};
  EXPECT_NO_THROW(Validate(options, 3));
}

TEST(Validate, NamesOptionValueLimitAndWayOut) {
  ScoringOptions options;
  options.num_retrieved = 0;
  EXPECT_TRUE(RefusesOption(options, "--num-retrieved 0: must be 1 or more; leave it out"));
  options = {};
  options.num_neighbors = -4;
  EXPECT_TRUE(RefusesOption(options, "--num-neighbors -4: must be 1 or more; leave it out"));
  for (const double sigma : {-0.5, 100.5, std::nan(""), HUGE_VAL}) {
    options = {};
    options.sigma = sigma;
    EXPECT_TRUE(RefusesOption(options, "--sigma")) << sigma;
    EXPECT_TRUE(RefusesOption(options, "between 0 (no smoothing) and 100")) << sigma;
  }
}

TEST(Validate, RefusesLevelsThatAreNotThereOrNotAscending) {
  ScoringOptions options;
  for (const int level : {0, -1}) {
    options.levels = {level};
    EXPECT_TRUE(RefusesOption(options, "--levels " + std::to_string(level))) << level;
    EXPECT_TRUE(RefusesOption(options, "counted from 1")) << level;
  }
  options.levels = {4};
  EXPECT_TRUE(RefusesOption(options, "--levels 4"));
  EXPECT_TRUE(RefusesOption(options, "levels 1 to 3"));
  for (const std::vector<int>& levels : {std::vector<int>{2, 1}, {1, 1}, {1, 3, 2}}) {
    options.levels = levels;
    EXPECT_TRUE(RefusesOption(options, "ascending"));
  }
}

ScoringOptions OfMethod(Method method) {
  ScoringOptions options;
  options.method = method;
  options.image_score = ImageScore::kMapMax;
  return options;
}

TEST(Validate, KnowsTheRangesOfPatchCore) {
  ScoringOptions options = OfMethod(Method::kPatchCore);
  for (const double coreset : {1e-9, 0.1, 1.0}) {
    options.coreset = coreset;
    EXPECT_NO_THROW(Validate(options, 3)) << coreset;
  }
  for (const double coreset : {0.0, -0.1, 1.01, std::nan("")}) {
    options.coreset = coreset;
    EXPECT_TRUE(RefusesOption(options, "--coreset")) << coreset;
    EXPECT_TRUE(RefusesOption(options, "above 0 and at most 1")) << coreset;
  }
  options = OfMethod(Method::kPatchCore);
  for (const int neighbors : {0, 2, 1000000}) {
    options.reweight_neighbors = neighbors;
    EXPECT_NO_THROW(Validate(options, 3)) << neighbors;
  }
  for (const int neighbors : {-1, 1}) {
    options.reweight_neighbors = neighbors;
    EXPECT_TRUE(RefusesOption(options, "--reweight-neighbors " + std::to_string(neighbors)));
  }
}

TEST(Validate, KnowsTheRangesOfPadim) {
  ScoringOptions options = OfMethod(Method::kPadim);
  EXPECT_NO_THROW(Validate(options, 3));
  options.dims = -2;
  EXPECT_TRUE(RefusesOption(options, "--dims -2"));
}

TEST(Validate, RefusesImageScoresThatTheMethodHasNot) {
  for (const auto& [method_name, method] : MethodNames()) {
    for (const auto& [score_name, score] : ImageScoreNames()) {
      ScoringOptions options = OfMethod(method);
      options.image_score = score;
      const bool is_there = score == ImageScore::kMapMax || score == PaperImageScore(method);
      if (is_there) {
        EXPECT_NO_THROW(Validate(options, 3)) << method_name << " " << score_name;
      } else {
        EXPECT_TRUE(RefusesOption(options, "--image-score " + score_name + ": the method " + method_name));
      }
    }
  }
}

template <typename Enum>
void ExpectNamesOf(const std::map<std::string, Enum>& names, const std::map<std::string, Enum>& expected) {
  EXPECT_EQ(names, expected);
  for (const auto& [name, value] : names) EXPECT_EQ(NameOf(names, value), name);
}

// The words of the command line and of every file.
TEST(OptionNames, AreThoseOfTheInterfaceAndComplete) {
  ExpectNamesOf(FusionNames(), {{"concat", Fusion::kConcat}, {"per-level", Fusion::kPerLevel}});
  ExpectNamesOf(DistanceNames(), {{"l2sq", Distance::kL2Squared}, {"l2", Distance::kL2}});
  ExpectNamesOf(RetrievalNames(), {{"nearest", Retrieval::kNearest}, {"random", Retrieval::kRandom}});
  ExpectNamesOf(ImageScoreNames(), {{"map-max", ImageScore::kMapMax},
                                    {"retrieval", ImageScore::kRetrieval},
                                    {"patch-max", ImageScore::kPatchMax}});
  ExpectNamesOf(MethodNames(),
                {{"spade", Method::kSpade}, {"patchcore", Method::kPatchCore}, {"padim", Method::kPadim}});
  ExpectNamesOf(PoolingNames(), {{"paper", Pooling::kPaper}, {"reference", Pooling::kReference}});
  ExpectNamesOf(BankIndexNames(), {{"exact", BankIndex::kExact}, {"ivfpq", BankIndex::kIvfPq}});
}

TEST(ScoringOptions, ScoreAlikeWhereTheDifferenceCountsForNothing) {
  const ScoringOptions defaults;
  ScoringOptions other;
  other.seed = 7;
  other.image_score = ImageScore::kRetrieval;
  other.num_retrieved = 20;
  EXPECT_TRUE(ScoreAlike(defaults, other, 20));
  EXPECT_FALSE(ScoreAlike(defaults, other, 21));  // K = 20 leaves one out
  other.num_retrieved = 50;
  other.retrieval = Retrieval::kRandom;
  EXPECT_FALSE(ScoreAlike(defaults, other, 20));
  ScoringOptions drawn_otherwise = other;
  drawn_otherwise.seed = 8;
  EXPECT_FALSE(ScoreAlike(other, drawn_otherwise, 20));
  other = {};
  other.sigma = 3;
  EXPECT_FALSE(ScoreAlike(defaults, other, 20));
}

}  // namespace
}  // namespace touchstone
