#include "touchstone/knn/k_centre.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include "core/support.h"
#include "knn/row_distances.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

struct Matrix {
  std::size_t cols = 0;
  std::vector<float> values;
  RowsView view() const { return {values.data(), values.size() / cols, cols}; }
};

// The plain loop: every row is compared with every chosen one.
std::vector<std::size_t> PlainGreedy(RowsView rows, std::size_t count) {
  std::vector<float> mean(rows.cols);
  for (std::size_t c = 0; c < rows.cols; ++c) {
    double sum = 0;
    for (std::size_t r = 0; r < rows.rows; ++r) sum += static_cast<double>(rows.row(r)[c]);
    mean[c] = static_cast<float>(sum / static_cast<double>(rows.rows));
  }
  const auto farthest = [](const std::vector<float>& distances) {
    return static_cast<std::size_t>(std::max_element(distances.begin(), distances.end()) - distances.begin());
  };
  std::vector<float> nearest(rows.rows);
  for (std::size_t r = 0; r < rows.rows; ++r)
    nearest[r] = SquaredDistance(rows.row(r), mean.data(), rows.cols);
  std::vector<std::size_t> chosen{farthest(nearest)};
  nearest.assign(rows.rows, std::numeric_limits<float>::infinity());
  while (true) {
    for (std::size_t r = 0; r < rows.rows; ++r) {
      nearest[r] = std::min(nearest[r], SquaredDistance(rows.row(r), rows.row(chosen.back()), rows.cols));
    }
    const std::size_t next = farthest(nearest);
    if (chosen.size() == count || nearest[next] == 0) return chosen;
    chosen.push_back(next);
  }
}

// Clusters of clusters: near and far rows, as patches of images are.
Matrix Clustered(std::size_t rows, std::size_t cols, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  Matrix matrix{cols, {}};
  std::vector<float> far(cols), near(cols);
  for (std::size_t r = 0; r < rows; ++r) {
    if (r % 97 == 0) {
      for (float& value : far) value = 5 * normal(generator);
    }
    if (r % 13 == 0) {
      for (float& value : near) value = normal(generator);
    }
    for (std::size_t c = 0; c < cols; ++c)
      matrix.values.push_back(far[c] + near[c] + 0.2F * normal(generator));
  }
  return matrix;
}

// Whole numbers: many equal distances and equal rows.
Matrix Lattice(std::size_t rows, std::size_t cols, unsigned seed) {
  std::mt19937 generator(seed);
  Matrix matrix{cols, {}};
  for (std::size_t i = 0; i < rows * cols; ++i) matrix.values.push_back(static_cast<float>(generator() % 3));
  return matrix;
}

TEST(DistancesToRows, AreThoseOfSquaredDistanceToTheLastBit) {
  for (const std::size_t cols : {32U, 64U, 128U, 160U}) {
    const Matrix matrix = Clustered(40, cols, 3);
    const RowsView rows = matrix.view();
    for (const std::size_t count : {1U, 2U, 3U, 7U, 8U, 9U, 32U}) {
      std::vector<const float*> pointers;
      for (std::size_t i = 0; i < count; ++i) pointers.push_back(rows.row(i * 7 % rows.rows));
      std::vector<float> found(count);
      DistancesToRows(rows.row(5), pointers.data(), count, cols, found.data());
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(found[i], SquaredDistance(rows.row(5), pointers[i], cols)) << cols << " columns, row " << i;
      }
    }
  }
}

TEST(FindNearSketches, NamesThoseWithinReach) {
  const Matrix sketches = Clustered(21, kSketchSize, 4), others = Clustered(kSketchBlock, kSketchSize, 4);
  std::vector<float> block(kSketchSize * kSketchBlock);
  for (std::size_t j = 0; j < kSketchBlock; ++j) {
    for (std::size_t d = 0; d < kSketchSize; ++d) block[d * kSketchBlock + j] = others.view().row(j)[d];
  }
  for (const std::size_t count : {1U, 7U, 8U, 9U, 21U}) {
    std::vector<float> reaches;
    for (std::size_t i = 0; i < count; ++i) {
      const float* other = others.view().row(i * 3 % kSketchBlock);
      reaches.push_back(SquaredDistance(sketches.view().row(i), other, kSketchSize) + 0.5F);
    }
    std::vector<std::uint16_t> masks(count);
    FindNearSketches(sketches.values.data(), count, block.data(), reaches.data(), masks.data());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < kSketchBlock; ++j) {
        const float* other = others.view().row(j);
        const float distance = SquaredDistance(sketches.view().row(i), other, kSketchSize);
        EXPECT_EQ(masks[i] >> j & 1, distance <= reaches[i] ? 1 : 0) << i << ", " << j;
      }
    }
  }
}

TEST(GreedyKCentre, ChoosesTheRowsOfThePlainLoopInItsOrder) {
  for (const std::size_t num_rows : {1U, 2U, 3U, 33U, 500U, 3000U}) {
    for (const std::size_t cols : {1U, 31U, 32U, 33U, 128U}) {
      const Matrix matrix = Clustered(num_rows, cols, static_cast<unsigned>(num_rows + cols));
      for (const std::size_t count : {std::size_t{1}, (num_rows + 9) / 10, num_rows}) {
        if (count > 700) continue;  // the plain loop is slow
        EXPECT_EQ(GreedyKCentre(matrix.view(), count), PlainGreedy(matrix.view(), count))
            << num_rows << " rows, " << cols << " columns, " << count << " wanted";
      }
    }
  }
}

TEST(GreedyKCentre, TakesTheFirstOfEquallyFarRows) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const Matrix matrix = Lattice(400, 4, seed);
    EXPECT_EQ(GreedyKCentre(matrix.view(), 60), PlainGreedy(matrix.view(), 60)) << seed;
  }
}

TEST(GreedyKCentre, EndsWhenEveryRowEqualsAChosenOne) {
  const Matrix matrix = Lattice(300, 3, 1);  // 27 different rows
  const std::vector<std::size_t> chosen = GreedyKCentre(matrix.view(), 300);
  EXPECT_EQ(chosen.size(), 27U);
  EXPECT_EQ(chosen, PlainGreedy(matrix.view(), 300));
  const Matrix equal{2, std::vector<float>(20, 1.5F)};
  EXPECT_EQ(GreedyKCentre(equal.view(), 10), std::vector<std::size_t>{0});
}

TEST(GreedyKCentre, IsTheSameForAnyNumberOfThreads) {
  const Matrix matrix = Clustered(6000, 64, 5);
  std::vector<std::size_t> expected;
  for (const int threads : {1, 2, 7}) {
    WithThreads(threads, [&] {
      const std::vector<std::size_t> chosen = GreedyKCentre(matrix.view(), 600);
      if (expected.empty()) expected = chosen;
      EXPECT_EQ(chosen, expected) << threads << " threads";
    });
  }
}

TEST(GreedyKCentre, ComputesAFractionOfTheDistances) {
  const Matrix matrix = Clustered(8000, 128, 6);
  KCentreCounts counts;
  GreedyKCentre(matrix.view(), 800, {}, &counts);
  EXPECT_LT(counts.distances, 8000U * 800 / 10);
  EXPECT_LT(counts.sketches, 8000U * 800);
  EXPECT_GE(counts.distances, 8000U);
}

TEST(GreedyKCentre, EndsEarlyWhenItIsTold) {
  const Matrix matrix = Clustered(500, 32, 7);
  const std::vector<std::size_t> chosen =
      GreedyKCentre(matrix.view(), 400, [](std::size_t so_far) { return so_far < 50; });
  EXPECT_GE(chosen.size(), 50U);
  EXPECT_LT(chosen.size(), 400U);
}

TEST(GreedyKCentre, RefusesWhatItCannotChoose) {
  Matrix matrix = Clustered(10, 4, 8);
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "0 of 10", [&] { GreedyKCentre(matrix.view(), 0); }));
  EXPECT_TRUE(Refuses(ErrorCode::kOption, "11 of 10", [&] { GreedyKCentre(matrix.view(), 11); }));
  matrix.values[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "row 1", [&] { GreedyKCentre(matrix.view(), 3); }));
}

}  // namespace
}  // namespace touchstone
