#include "touchstone/methods/thresholds.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/support.h"

namespace touchstone {
namespace {

std::vector<double> OneTo(std::size_t n) {
  std::vector<double> scores;
  for (std::size_t i = 1; i <= n; ++i) scores.push_back(static_cast<double>(i));
  return scores;
}

TEST(ConformalThreshold, IsTheKthSmallestScore) {
  EXPECT_EQ(ConformalThreshold(OneTo(99), 0.01), 99.0);    // k = 100 * 0.99
  EXPECT_EQ(ConformalThreshold(OneTo(100), 0.01), 100.0);  // k = ceil(99.99)
  EXPECT_EQ(ConformalThreshold(OneTo(199), 0.01), 198.0);
  EXPECT_EQ(ConformalThreshold(OneTo(199), 0.005), 199.0);
  EXPECT_EQ(ConformalThreshold(OneTo(9), 0.5), 5.0);
  EXPECT_EQ(ConformalThreshold(OneTo(1), 0.5), 1.0);
  EXPECT_EQ(ConformalThreshold(OneTo(3), 0.999999999999), 1.0);
}

TEST(ConformalThreshold, IsUndefinedBelowTheSmallestRateThatNImagesCanPromise) {
  for (std::size_t n = 0; n < 300; ++n) {
    const double smallest = 1 / static_cast<double>(n + 1);
    EXPECT_EQ(ConformalThreshold(OneTo(n), smallest).value_or(0), static_cast<double>(n)) << n;
    EXPECT_FALSE(ConformalThreshold(OneTo(n), 0.999 * smallest).has_value()) << n;
  }
}

TEST(ConformalPValue, CountsScoresThatAreNotBelow) {
  const std::vector<double> scores{1, 2, 2, 5};
  EXPECT_EQ(ConformalPValue(scores, 6), 0.2);
  EXPECT_EQ(ConformalPValue(scores, 5), 0.4);
  EXPECT_EQ(ConformalPValue(scores, 2), 0.8);
  EXPECT_EQ(ConformalPValue(scores, 0), 1);
  EXPECT_EQ(ConformalPValue({}, 7), 1);
}

TEST(ConformalPValue, IsAtMostTheRateExactlyAboveTheThreshold) {
  std::mt19937 generator(5);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> scores(generator() % 60);
    for (double& score : scores) score = static_cast<double>(generator() % 20);  // with ties
    std::sort(scores.begin(), scores.end());
    const double rate = static_cast<double>(1 + generator() % 98) / 100;
    const std::optional<double> threshold = ConformalThreshold(scores, rate);
    for (int score = -1; score <= 20; ++score) {
      const bool is_above = threshold.has_value() && score > *threshold;
      EXPECT_EQ(is_above, ConformalPValue(scores, score) <= rate + 1e-9)
          << scores.size() << " scores, rate " << rate << ", score " << score;
    }
  }
}

// The promise itself: over many draws of n + 1 exchangeable scores, the last one lies above the others'
// threshold in a share of at most `rate`, and of rate - 1 / (n + 1) or more where there are no ties.
TEST(ConformalThreshold, KeepsItsPromiseOverManyDraws) {
  std::mt19937_64 generator(11);
  std::lognormal_distribution<double> draw(0, 1.5);  // skewed, as scores are
  constexpr int kTrials = 20000;
  for (const auto& [n, rate] :
       {std::pair<std::size_t, double>{42, 0.05}, {99, 0.01}, {150, 0.1}, {10, 0.2}}) {
    int num_above = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> scores(n);
      for (double& score : scores) score = draw(generator);
      std::sort(scores.begin(), scores.end());
      if (draw(generator) > ConformalThreshold(scores, rate).value()) ++num_above;
    }
    const double expected = std::floor(static_cast<double>(n + 1) * rate + 1e-9) / static_cast<double>(n + 1);
    const double four_sigma = 4 * std::sqrt(expected * (1 - expected) / kTrials);
    EXPECT_NEAR(num_above / static_cast<double>(kTrials), expected, four_sigma) << n << " images, " << rate;
    EXPECT_LE(expected, rate);
  }
}

TEST(Thresholds, AreOfTheChosenImageScoreAndOfPixels) {
  const Calibration calibration{Evidence::kGuarantee, 0.25, {1, 2, 3}, {10, 20, 30}, "three parts"};
  const Thresholds by_map = ThresholdsOf(calibration, ImageScore::kMapMax);
  EXPECT_EQ(by_map.score, 30.0);
  EXPECT_EQ(by_map.pixel, 30.0);
  EXPECT_EQ(by_map.num_images, 3U);
  EXPECT_EQ(by_map.evidence, Evidence::kGuarantee);
  EXPECT_EQ(by_map.source, "three parts");
  const Thresholds by_retrieval = ThresholdsOf(calibration, ImageScore::kRetrieval);
  EXPECT_EQ(by_retrieval.score, 3.0);
  EXPECT_EQ(by_retrieval.pixel, 30.0);
}

TEST(Thresholds, SayWhyThereIsNoneAndBothWaysOut) {
  const std::string why = WhyNoThreshold(42, 0.01);
  EXPECT_TRUE(Says(why, "42 images cannot promise less than 2.3 % false alarms, and 1 % is wanted"));
  EXPECT_TRUE(Says(why, "take 99 good images or more, or accept --false-alarm-rate 0.0233"));
  EXPECT_TRUE(
      Says(WhyNoThreshold(1, 0.005), "1 image cannot promise less than 50 % false alarms, and 0.5 %"));
  EXPECT_TRUE(Says(WhyNoThreshold(0, 0.01), "no other good image to compare with: take 99"));
  EXPECT_EQ(WhyNoThreshold(99, 0.01), "");
}

TEST(Thresholds, ExistWithWhatTheWaysOutName) {
  for (std::size_t n = 1; n < 500; ++n) {
    const std::string why = WhyNoThreshold(n, 0.5 / static_cast<double>(n + 1));
    const double accepted = std::stod(why.substr(why.rfind(' ')));
    EXPECT_EQ(WhyNoThreshold(n, accepted), "") << n;
  }
  for (const double rate : {0.3, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001, 0.0007}) {
    const std::string why = WhyNoThreshold(1, rate);
    const std::size_t needed = std::stoul(why.substr(why.find("take ") + 5));
    EXPECT_EQ(WhyNoThreshold(needed, rate), "") << rate;
    EXPECT_NE(WhyNoThreshold(needed - 1, rate), "") << rate;
  }
}

TEST(Thresholds, TakeARateBetweenNoneAndAll) {
  ValidateFalseAlarmRate(1e-9);
  ValidateFalseAlarmRate(0.999);
  for (const double rate : {0.0, 1.0, -0.1, 1.5, std::nan("")}) {
    EXPECT_TRUE(Refuses(ErrorCode::kOption, "--false-alarm-rate", [&] { ValidateFalseAlarmRate(rate); }));
  }
}

}  // namespace
}  // namespace touchstone
