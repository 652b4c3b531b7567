#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "touchstone/core/file.h"
#include "touchstone/core/image.h"

namespace touchstone {

/// A region of interest (ROI) is a mask that says what of a photograph is looked at: non-zero = yes. It may
/// have another size than the photographs, but their proportions: width / height of the two differ by at most
/// this factor.
inline constexpr double kMostRoiDistortion = 1.05;

/// Reads the file that --roi names, in any format of DecodeImage; an orientation is not applied, as it is not
/// to photographs. @param file empty = none, and no region. @throws Error kUsage: it cannot be read, is no
/// image, or leaves nothing to look at.
std::optional<Mask> ReadRoi(const std::filesystem::path& file);

/// A PNG file, 0 and 255 in 8 bit gray: equal regions give equal bytes. ReadMask reads it back.
Bytes EncodeRoi(const Mask& roi);

/// SHA-256 of that file: equal regions of equal size have equal digests.
std::string RoiDigest(const Mask& roi);

/// Empty if the proportions are alike, as said above; otherwise a sentence about the photograph that names
/// both sizes. Both >= 1x1.
std::string WhyRoiDoesNotFit(const Mask& roi, Size photograph);

/// The region at a photograph's size: nearest neighbour, as ResizeMaskNearest.
/// @throws Error kImage naming both sizes: the proportions are others, or nothing is left to look at.
Mask FitRoi(const Mask& roi, Size photograph);

/// Sets an anomaly map to 0, the lowest distance there is, outside the region. Map values just inside still
/// depend on what is just outside, through the extractor's receptive field and the map's smoothing, unless
/// the map was made for the region (methods/anomaly_map.h).
/// @throws Error like FitRoi.
void ClearOutside(const Mask& roi, ScoreMap* map);

/// The map's values inside the region, in raster order; at least one. @throws Error like FitRoi.
std::vector<float> ValuesInside(const Mask& roi, const ScoreMap& map);

}  // namespace touchstone
