#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/knn/projection.h"

namespace touchstone {

/// An order of rows in which every 16 that follow each other are alike: the rows are split in two again and
/// again at the middle, each time along the line between the means of the two sides of their mean (a few
/// steps of 2-means), until 16 or fewer are left. Halves are whole numbers of 16, so that only the last leaf
/// is cut short. Any order is a valid one; which it is may depend on the CPU's instruction set. O(G log G *
/// dims).
/// @param dims  how many of the coordinates to go by, from the first; at most kSplitDims.
std::vector<std::uint32_t> SplitIntoLeaves(const Coordinates& coordinates, std::size_t dims);

// The loops of it, compiled once for each instruction set and chosen at run time.

constexpr std::size_t kSplitDims = 48;
static_assert(kLeafSizes.short_directions <= kSplitDims, "leaves go by the directions of the short codes");

/// Some rows of a matrix of kSplitDims columns; of these, every `step`th is looked at where a sample will do.
struct RowsToSplit {
  const float* values;
  const std::uint32_t* rows;
  std::size_t count;
  std::size_t step;

  const float* at(std::size_t i) const { return values + std::size_t{rows[i]} * kSplitDims; }
};

/// Sums of the sample's rows and of their squares. sums, squares [kSplitDims].
void SumRows(const RowsToSplit& rows, float* sums, float* squares);

/// The sum of the sample's rows whose product with `direction` [kSplitDims] exceeds the threshold.
/// @return how many there are.
std::size_t SumRowsBeyond(const RowsToSplit& rows, const float* direction, float threshold, float* sums);

/// products[i] = row i . direction, for all `count` of them.
void ProductsAlong(const RowsToSplit& rows, const float* direction, float* products);

}  // namespace touchstone
