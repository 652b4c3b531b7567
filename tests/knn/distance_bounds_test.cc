#include "knn/distance_bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "knn/cpu_choice.h"
#include "knn/no_tiles.h"
#include "knn/normal_values.h"
#include "touchstone/core/error.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

using Make = std::unique_ptr<const DistanceBounds> (*)(RowsView);

struct Kind {
  std::string name;
  Make make;
  double loss;  // of a bound, as a share of (||a'|| + ||b'||)^2
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class DistanceBoundsTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam().make == &MakeTileBounds && !UseBfloatTiles()) GTEST_SKIP() << kNoTiles;
  }

  // No bound is above its distance, and none is so low that it says nothing.
  void ExpectBounds(RowsView query, RowsView rows) {
    const auto bounds = GetParam().make(rows);
    ASSERT_GE(bounds->stride(), rows.rows);
    std::vector<float> found(query.rows * bounds->stride());
    bounds->Bound(query, found.data());
    const std::vector<float> zero(rows.cols);
    std::vector<float> mean(rows.cols);
    for (std::size_t c = 0; c < rows.cols; ++c) {
      double sum = 0;
      for (std::size_t r = 0; r < rows.rows; ++r) sum += static_cast<double>(rows.row(r)[c]);
      mean[c] = static_cast<float>(sum / static_cast<double>(rows.rows));
    }
    const auto length = [&](const float* row) {
      return std::sqrt(static_cast<double>(SquaredDistance(row, mean.data(), rows.cols)));
    };
    for (std::size_t q = 0; q < query.rows; ++q) {
      for (std::size_t r = 0; r < rows.rows; ++r) {
        const double distance = static_cast<double>(SquaredDistance(query.row(q), rows.row(r), rows.cols));
        const double bound = static_cast<double>(found[q * bounds->stride() + r]);
        ASSERT_LE(bound, distance) << rows.rows << " rows of " << rows.cols << ", query " << q << ", row "
                                   << r;
        const double both = length(query.row(q)) + length(rows.row(r));
        ASSERT_GE(bound, distance - GetParam().loss * both * both - 1e-29) << "query " << q << ", row " << r;
      }
    }
  }
};

TEST_P(DistanceBoundsTest, AreBelowTheDistancesAndCloseToThem) {
  for (const std::size_t cols : {1U, 31U, 32U, 33U, 300U}) {
    for (const std::size_t num_rows : {1U, 31U, 32U, 33U, 70U}) {
      for (const std::size_t num_queries : {1U, 31U, 33U, 64U}) {
        const std::vector<float> rows = NormalValues(num_rows * cols, 1),
                                 query = NormalValues(num_queries * cols, 2);
        ExpectBounds({query.data(), num_queries, cols}, {rows.data(), num_rows, cols});
      }
    }
  }
}

// Rows far from zero, of all sizes that can be compared, and so short that products leave float32's normal
// numbers.
TEST_P(DistanceBoundsTest, AreBelowTheDistancesWhateverTheScale) {
  constexpr std::size_t kCols = 50, kRows = 40, kQueries = 20;
  for (const float scale : {1e-22F, 1e-19F, 1e-10F, 1e-3F, 1e5F, 1e15F}) {
    for (const float offset : {0.0F, 1e3F}) {
      const std::vector<float> rows = NormalValues(kRows * kCols, 3, scale, offset * scale);
      std::vector<float> query = NormalValues(kQueries * kCols, 4, scale, offset * scale);
      std::copy_n(rows.begin(), 5 * kCols, query.begin());  // distances of zero
      ExpectBounds({query.data(), kQueries, kCols}, {rows.data(), kRows, kCols});
    }
  }
}

TEST_P(DistanceBoundsTest, RefuseRowsThatAreTooLong) {
  const std::vector<float> rows(4, 1);
  std::vector<float> query(2, 1), bounds(64);
  const auto made = GetParam().make({rows.data(), 2, 2});
  query[1] = 1e30F;
  EXPECT_THROW(made->Bound({query.data(), 1, 2}, bounds.data()), Error);
  const std::vector<float> long_rows{1, 1e30F, 1, -1e30F};
  EXPECT_THROW(GetParam().make({long_rows.data(), 2, 2}), Error);
}

TEST_P(DistanceBoundsTest, RefuseMoreRowsThanAreTakenAtATimeAndOthers) {
  const std::vector<float> rows(4, 1), query(2 * 65, 1);
  std::vector<float> bounds(65 * 64);
  const auto made = GetParam().make({rows.data(), 2, 2});
  EXPECT_THROW(made->Bound({query.data(), 65, 2}, bounds.data()), std::logic_error);
  EXPECT_THROW(made->Bound({query.data(), 1, 3}, bounds.data()), std::logic_error);
}

TEST(MakeTileBounds, IsANamedBugOnACpuWithoutTiles) {
  if (UseBfloatTiles()) GTEST_SKIP() << "this CPU has tile registers";
  const std::vector<float> rows(4, 1);
  EXPECT_THROW(MakeTileBounds({rows.data(), 2, 2}), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(Of, DistanceBoundsTest,
                         testing::Values(Kind{"Floats", &MakeFloatBounds, 2e-4},
                                         Kind{"Tiles", &MakeTileBounds, 1e-2}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace touchstone
