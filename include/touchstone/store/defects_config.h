#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace touchstone {

/// A kind of defect of MVTec LOCO AD: how much of it has to be found.
struct DefectKind {
  std::string name;
  bool is_relative = false;  ///< the threshold is a share of the defect's area, else a number of pixels
  double threshold = 1;      ///< in (0, 1] if relative, else a whole number >= 1
};

/// The kinds of defects by the grey value that marks them in ground truth.
using DefectKinds = std::map<int, DefectKind>;

/// Reads a category's defects_config.json: a list of {"defect_name", "pixel_value" in 1..255,
/// "saturation_threshold", "relative_saturation"}. Other members are ignored.
/// @throws Error kResults if it is malformed, names a value twice or holds a threshold out of range; kIo.
DefectKinds ReadDefectsConfig(const std::filesystem::path& file);

/// How many pixels of a defect of this area are enough: the share of the area, rounded down, or the number,
/// and never more than there are. Where the official script would divide by 0 (half of one pixel) it is 1.
/// @param area_px  >= 1.
std::uint32_t SaturationOf(const DefectKind& kind, std::uint32_t area_px);

}  // namespace touchstone
