#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "touchstone/knn/rows.h"

namespace touchstone {

/// What a selection took (for tests and benchmarks).
struct KCentreCounts {
  std::uint64_t distances = 0;  ///< of two rows, computed; the plain loop computes rows * count of them
  std::uint64_t sketches = 0;   ///< pairs of sketches compared
};

/// Greedy k-centre (minimax facility location): rows chosen one after the other so that every row is near to
/// a chosen one,
///
///     s_1 = argmax_x ||x - mean||,   s_{j+1} = argmax_x min_{i <= j} ||x - s_i||^2      [PatchCore, Alg. 1]
///
/// with the lowest row number of equal ones. The paper's Eq. 5 leaves s_1 open; the authors' code takes the
/// row with the largest sum of squared distances to all rows, which is the one farthest from their mean. T.
/// Gonzalez, "Clustering to Minimize the Maximum Intercluster Distance", 1985, has the loop and its factor of
/// two.
///
/// Exact: the sequence is that of the plain loop over all rows, distances being those of SquaredDistance
/// (distance.h) to the last bit. Most of them are never computed:
///   - a row's distance to the chosen rows only falls, so an earlier one is an upper bound (lazy greedy: M.
///   Minoux,
///     1978): a row whose bound is below the maximum cannot be the next, and is left alone until the maximum
///     has fallen to it; by then it often has a chosen row so near that it is done with for good;
///   - whether a chosen row can be nearer to a row than its bound is first asked of their sketches: 31
///   leading
///     principal coordinates and the length of the rest, whose distance is never the larger one (Pythagoras,
///     and the triangle inequality for the rests);
///   - rows that lag behind are brought up to date in blocks that stay in the cache.
/// On ResNet-18's features of hazelnut_reduced and magnetic_tile in 128 random projections, 10 % of 39,200
/// and of 190,512 patches, 1 % of the plain loop's distances are computed and 46 % of its pairs compared by
/// sketches.
///
/// @param rows   [N x D], finite. @param count  1..N.
/// @param go_on  asked now and then with the number chosen so far; false ends the selection early.
/// @return `count` row numbers, in the order in which they were chosen; fewer if every other row equals a
/// chosen
///         one. The same for any number of threads.
/// @throws Error kOption if count is not within 1..N; kNotFinite.
/// Memory: 140 bytes a row, and a copy of the rows where D is no multiple of 32.
std::vector<std::size_t> GreedyKCentre(RowsView rows, std::size_t count,
                                       const std::function<bool(std::size_t)>& go_on = {},
                                       KCentreCounts* counts = nullptr);

}  // namespace touchstone
