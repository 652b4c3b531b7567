#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "touchstone/knn/projection.h"

namespace touchstone {

/// An order of rows in which every 16 that follow each other are alike: the rows are split in two again and
/// again at the middle, each time along the line between the means of both halves (a few steps of 2-means
/// with halves of equal size), until 16 or fewer are left. Halves are whole numbers of 16, so that only the
/// last leaf is cut short. Deterministic; any order is a valid one. O(G log G * dims).
/// @param dims  how many of the coordinates to go by, from the first.
std::vector<std::uint32_t> SplitIntoLeaves(const Coordinates& coordinates, std::size_t dims);

}  // namespace touchstone
