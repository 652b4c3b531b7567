#include "touchstone/knn/k_centre.h"

#include <Eigen/Dense>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "knn/row_distances.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/round_up.h"
#include "touchstone/knn/distance.h"

namespace touchstone {
namespace {

// How far the bounds of the rows that are compared with every new choice may lie below the maximum at the
// start of an epoch. Nearer to 1, these are fewer and epochs more.
constexpr float kEpochShare = 0.95F;
constexpr std::size_t kRowsPerTask = 2048;    // of loops over rows, in parallel
constexpr std::size_t kLaggingPerTask = 128;  // rows that walk along the chosen ones together
constexpr std::size_t kBlocksAtOnce = 16;     // blocks of sketches that stay in the first cache meanwhile
constexpr std::size_t kSampleRows = 4096;     // that the sketches' directions are made of
constexpr std::size_t kMostRows = std::numeric_limits<std::uint32_t>::max();

// A sketch's squared distance in float32 is off by some 40 roundings of 2^-24, the true squared distances by
// 40 at most, and each sketch's numbers are rounded once: covered several times over.
constexpr float kSlack = 1.0001F;
constexpr float kRounding = 1e-6F;  // of a sketch's length

void ParallelChunks(std::size_t size, std::size_t per_task,
                    const std::function<void(std::size_t, std::size_t)>& body) {
  const std::size_t num_tasks = (size + per_task - 1) / per_task;
  if (size == 0) return;
  if (num_tasks == 1) return body(0, size);
  ParallelFor(num_tasks,
              [&](std::size_t task) { body(task * per_task, std::min(size, (task + 1) * per_task)); });
}

// Each row's sketch: (y, r) with y = B (x - mean) and r = ||x - mean - B^T y||, B the orthonormal leading
// principal directions of a sample. || sketch(a) - sketch(b) || <= ||a - b||.
class Sketches {
 public:
  Sketches(RowsView rows, const std::vector<float>& mean) : values_(rows.rows * kSketchSize) {
    const Eigen::Map<const Eigen::VectorXf> centre(mean.data(), static_cast<Eigen::Index>(mean.size()));
    const Eigen::MatrixXd directions = Directions(rows, centre);
    std::vector<double> longest((rows.rows + kRowsPerTask - 1) / kRowsPerTask);
    ParallelChunks(rows.rows, kRowsPerTask, [&](std::size_t begin, std::size_t end) {
      double& length = longest[begin / kRowsPerTask];
      for (std::size_t r = begin; r < end; ++r) {
        const Eigen::VectorXd centred = Centred(rows.row(r), centre);
        const Eigen::VectorXd y = directions.transpose() * centred;
        float* sketch = values_.data() + r * kSketchSize;
        for (Eigen::Index d = 0; d < y.size(); ++d) sketch[d] = static_cast<float>(y[d]);
        sketch[kSketchSize - 1] =
            static_cast<float>(std::sqrt(std::max(0.0, centred.squaredNorm() - y.squaredNorm())));
        length = std::max(length, centred.norm());
      }
    });
    length_ = static_cast<float>(*std::max_element(longest.begin(), longest.end()));
  }

  const float* Row(std::size_t row) const { return values_.data() + row * kSketchSize; }

  // What a sketch's squared distance may be where the rows' is `squared` at most.
  float Reach(float squared) const {
    const float reach = std::sqrt(squared) + kRounding * length_;
    return reach * reach * kSlack;
  }

 private:
  static Eigen::VectorXd Centred(const float* row, const Eigen::Map<const Eigen::VectorXf>& centre) {
    return (Eigen::Map<const Eigen::VectorXf>(row, centre.size()) - centre).cast<double>();
  }

  static Eigen::MatrixXd Directions(RowsView rows, const Eigen::Map<const Eigen::VectorXf>& centre) {
    Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(centre.size(), centre.size());
    const std::size_t count = std::min(kSampleRows, rows.rows);
    for (std::size_t i = 0; i < count; ++i) {
      const Eigen::VectorXd centred = Centred(rows.row(i * rows.rows / count), centre);
      covariance.selfadjointView<Eigen::Lower>().rankUpdate(centred);
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
    const auto most = std::min<Eigen::Index>(centre.size(), static_cast<Eigen::Index>(kSketchSize) - 1);
    return solver.eigenvectors().rightCols(most);  // eigenvalues ascend
  }

  std::vector<float> values_;  ///< [N x 32]
  float length_ = 0;           ///< of the longest row less the mean
};

// What is known of a row.
struct RowState {
  float bound = std::numeric_limits<float>::infinity();  // smallest squared distance to the rows looked at
  std::uint32_t looked_at = 0;                           // the first so many chosen rows have been
};

class Selection {
 public:
  Selection(RowsView rows, const std::vector<float>& mean, std::size_t count)
      : rows_(Padded(rows)), sketches_(rows, mean), count_(count), states_(rows.rows) {}

  std::vector<std::size_t> Run(std::size_t first, const std::function<bool(std::size_t)>& go_on) {
    Choose(first);
    std::vector<std::uint32_t> all(rows_.rows);
    std::iota(all.begin(), all.end(), 0U);
    CompareWithLast(all);
    while (chosen_.size() < count_ && (!go_on || go_on(chosen_.size()))) {
      float highest = 0;
      for (const RowState& state : states_) highest = std::max(highest, state.bound);
      if (!(highest > 0)) break;  // every row equals a chosen one
      const float threshold = highest * kEpochShare * kEpochShare;
      CatchUp(threshold);
      ChooseAmong(RowsAbove(threshold), threshold);
    }
    return chosen_;
  }

  KCentreCounts counts() const { return {num_distances_, num_sketches_}; }

 private:
  // Columns of zeros change no distance.
  RowsView Padded(RowsView rows) {
    constexpr std::size_t kMultiple = 32;
    if (rows.cols % kMultiple == 0) return rows;
    const std::size_t cols = RoundUp(rows.cols, kMultiple);
    padded_.resize(rows.rows * cols);
    for (std::size_t r = 0; r < rows.rows; ++r) {
      std::copy_n(rows.row(r), rows.cols, padded_.data() + r * cols);
    }
    return {padded_.data(), rows.rows, cols};
  }

  void Choose(std::size_t row) {
    const std::size_t place = chosen_.size() % kSketchBlock;
    if (place == 0) chosen_sketches_.resize(chosen_sketches_.size() + kSketchSize * kSketchBlock);
    float* block = chosen_sketches_.data() + chosen_sketches_.size() - kSketchSize * kSketchBlock;
    for (std::size_t d = 0; d < kSketchSize; ++d) block[d * kSketchBlock + place] = sketches_.Row(row)[d];
    chosen_.push_back(row);
  }

  std::vector<std::uint32_t> RowsAbove(float threshold) const {
    std::vector<std::uint32_t> above;
    for (std::size_t r = 0; r < states_.size(); ++r) {
      if (states_[r].bound >= threshold) above.push_back(static_cast<std::uint32_t>(r));
    }
    return above;
  }

  void Measure(std::size_t row, std::size_t chosen) {
    const float* pointer = rows_.row(chosen_[chosen]);
    float distance = 0;
    DistancesToRows(rows_.row(row), &pointer, 1, rows_.cols, &distance);
    states_[row].bound = std::min(states_[row].bound, distance);
  }

  // Compares rows that have looked at all chosen ones but the last with that one.
  void CompareWithLast(const std::vector<std::uint32_t>& rows) {
    const std::size_t last = chosen_.size() - 1;
    const float* sketch = sketches_.Row(chosen_[last]);
    ParallelChunks(rows.size(), kRowsPerTask, [&](std::size_t begin, std::size_t end) {
      std::uint64_t num_measured = 0;
      for (std::size_t i = begin; i < end; ++i) {
        RowState& state = states_[rows[i]];
        const float* other = sketches_.Row(rows[i]);
        float squared = 0;
        DistancesToRows(sketch, &other, 1, kSketchSize, &squared);
        if (squared <= sketches_.Reach(state.bound)) {
          Measure(rows[i], last);
          ++num_measured;
        }
        state.looked_at = static_cast<std::uint32_t>(last) + 1;
      }
      num_distances_ += num_measured;
      num_sketches_ += end - begin;
    });
  }

  // The plain loop over `rows`, which hold the row farthest from the chosen ones as long as its distance is
  // at least `threshold`: the bounds of all others are below.
  void ChooseAmong(std::vector<std::uint32_t> rows, float threshold) {
    while (chosen_.size() < count_ && !rows.empty()) {
      std::size_t farthest = rows[0];
      for (const std::uint32_t row : rows) {
        if (states_[row].bound > states_[farthest].bound) farthest = row;
      }
      Choose(farthest);
      CompareWithLast(rows);
      const auto is_below = [&](std::uint32_t row) { return states_[row].bound < threshold; };
      rows.erase(std::remove_if(rows.begin(), rows.end(), is_below), rows.end());
    }
  }

  // Brings every row whose bound is at least `threshold` up to date, or its bound below that.
  void CatchUp(float threshold) {
    std::vector<std::uint32_t> lagging = RowsAbove(threshold);
    const auto is_up_to_date = [&](std::uint32_t row) { return states_[row].looked_at == chosen_.size(); };
    lagging.erase(std::remove_if(lagging.begin(), lagging.end(), is_up_to_date), lagging.end());
    std::stable_sort(lagging.begin(), lagging.end(), [&](std::uint32_t a, std::uint32_t b) {
      return states_[a].looked_at < states_[b].looked_at;
    });
    ParallelChunks(lagging.size(), kLaggingPerTask, [&](std::size_t begin, std::size_t end) {
      WalkAlong({lagging.begin() + static_cast<std::ptrdiff_t>(begin),
                 lagging.begin() + static_cast<std::ptrdiff_t>(end)},
                threshold);
    });
  }

  // CatchUp for some rows, sorted by what they have looked at: all of them go through a few blocks of chosen
  // rows, then through the next few.
  void WalkAlong(std::vector<std::uint32_t> rows, float threshold) {
    constexpr std::size_t kStride = kBlocksAtOnce * kSketchBlock;
    Walk walk;
    for (std::size_t first = states_[rows[0]].looked_at / kStride * kStride; first < chosen_.size();
         first += kStride) {
      const std::size_t last = std::min(first + kStride, chosen_.size());
      walk.rows.clear();
      for (const std::uint32_t row : rows) {
        if (states_[row].bound >= threshold && states_[row].looked_at < last) walk.rows.push_back(row);
      }
      Look(first, last, &walk);
    }
    num_distances_ += walk.num_distances;
    num_sketches_ += walk.num_sketches;
  }

  // Rows on their way, and their sketches side by side.
  struct Walk {
    std::vector<std::uint32_t> rows;
    std::vector<float> sketches, reaches;
    std::vector<std::uint16_t> masks;
    std::uint64_t num_distances = 0, num_sketches = 0;
  };

  // Has the rows look at chosen rows [first, last), the first of a block on; at some once more, which does no
  // harm.
  void Look(std::size_t first, std::size_t last, Walk* walk) {
    const std::size_t count = walk->rows.size();
    walk->sketches.resize(count * kSketchSize);
    walk->reaches.resize(count);
    walk->masks.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(sketches_.Row(walk->rows[i]), kSketchSize, walk->sketches.data() + i * kSketchSize);
      walk->reaches[i] = sketches_.Reach(states_[walk->rows[i]].bound);
    }
    for (std::size_t block = first; block < last; block += kSketchBlock) {
      FindNearSketches(walk->sketches.data(), count, chosen_sketches_.data() + block * kSketchSize,
                       walk->reaches.data(), walk->masks.data());
      const unsigned valid = block + kSketchBlock <= last ? 0xffffU : (1U << (last - block)) - 1;
      for (std::size_t i = 0; i < count; ++i) {
        unsigned mask = walk->masks[i] & valid;
        if (mask == 0) continue;
        for (; mask != 0; mask &= mask - 1) {
          Measure(walk->rows[i], block + static_cast<unsigned>(__builtin_ctz(mask)));
          ++walk->num_distances;
        }
        walk->reaches[i] = sketches_.Reach(states_[walk->rows[i]].bound);
      }
      walk->num_sketches += count * kSketchBlock;
    }
    for (const std::uint32_t row : walk->rows) states_[row].looked_at = static_cast<std::uint32_t>(last);
  }

  std::vector<float> padded_;
  RowsView rows_;
  Sketches sketches_;
  std::size_t count_;
  std::vector<RowState> states_;
  std::vector<std::size_t> chosen_;
  std::vector<float> chosen_sketches_;  ///< in blocks, as FindNearSketches wants them
  std::atomic<std::uint64_t> num_distances_{0}, num_sketches_{0};
};

void CheckFinite(float value, std::size_t row) {
  if (std::isfinite(value)) return;
  throw Error(ErrorCode::kNotFinite,
              "row " + std::to_string(row) + " holds NaN or infinity, or is too long to be measured");
}

std::vector<float> MeanOf(RowsView rows) {
  std::vector<double> sums(rows.cols);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    float any = 0;
    for (std::size_t c = 0; c < rows.cols; ++c) {
      any += rows.row(r)[c];
      sums[c] += static_cast<double>(rows.row(r)[c]);
    }
    CheckFinite(any, r);
  }
  std::vector<float> mean(rows.cols);
  for (std::size_t c = 0; c < rows.cols; ++c) {
    mean[c] = static_cast<float>(sums[c] / static_cast<double>(rows.rows));
  }
  return mean;
}

std::size_t FarthestFrom(const std::vector<float>& mean, RowsView rows) {
  std::size_t farthest = 0;
  float highest = -1;
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const float distance = SquaredDistance(rows.row(r), mean.data(), rows.cols);
    CheckFinite(distance, r);
    if (distance > highest) {
      highest = distance;
      farthest = r;
    }
  }
  return farthest;
}

}  // namespace

std::vector<std::size_t> GreedyKCentre(RowsView rows, std::size_t count,
                                       const std::function<bool(std::size_t)>& go_on, KCentreCounts* counts) {
  if (count < 1 || count > rows.rows || rows.rows >= kMostRows) {
    throw Error(ErrorCode::kOption, "k-centre: " + std::to_string(count) + " of " +
                                        std::to_string(rows.rows) +
                                        " rows: must be between 1 and the number of rows, below 2^32 - 1");
  }
  const std::vector<float> mean = MeanOf(rows);
  Selection selection(rows, mean, count);
  std::vector<std::size_t> chosen = selection.Run(FarthestFrom(mean, rows), go_on);
  if (counts != nullptr) *counts = selection.counts();
  return chosen;
}

}  // namespace touchstone
