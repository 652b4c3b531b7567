#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "touchstone/core/image.h"

namespace touchstone {

/// A small generated inspection task in MVTec's layout, for the demo and the tests: photographs, so
/// to speak, of a machined flange (brushed plate, turned hub, bore with keyway, countersunk holes)
/// on a plain mat. Position, angle, grain, light and background vary from image to image.
/// Nothing here was photographed, and figures measured on it say nothing about real parts:
/// kSampleReadme tells that to whoever finds the files.

enum class SampleKind {
  kGood,
  kScratch,  ///< one to three strokes of a hard edge
  kDent,     ///< a dimple with a raised rim
  kStain,    ///< oil, rust or heat tint
  kMissing,  ///< a piece broken out of the outline
};

/// One image of the set, before it is drawn.
struct SampleItem {
  std::string path;       ///< such as "test/dent/003.png", below the category's folder
  std::string mask_path;  ///< such as "ground_truth/dent/003_mask.png"; empty for a good image
  SampleKind kind = SampleKind::kGood;
  int number = 0;  ///< >= 0, unique in the set: decides everything in the picture but the defect
};

struct SampleOptions {
  int size_px = 320;       ///< width and height; in [48, 1024]; the scene scales with it
  std::uint64_t seed = 0;  ///< another seed is another set
};

struct SampleImage {
  Image image;               ///< [size_px x size_px] RGB, 8 bits
  std::optional<Mask> mask;  ///< of the same size, 0 or 255; none for a good image
};

/// The set, in byte order of the path within each folder: 40 train/good, 10 test/good, and 5 each
/// of test/scratch, test/dent, test/stain and test/missing.
std::vector<SampleItem> ListSample();

/// Draws one image. It depends on (seed, size_px, item.number, item.kind) only: an item whose kind
/// is changed to kGood is drawn as the same part in the same light before it was damaged.
///
/// The mask is what the defect visibly changed. Outside of it the image equals that twin byte for
/// byte. Inside are the pixels where a channel differs by 5 levels or more, the gaps of up to
/// size_px / 100 px between them, and what they enclose; lone specks are left out, and the change
/// they stand for is undone. It is never empty.
///
/// @throws Error kOption if size_px is outside its range or item.number is negative.
///
/// Time about 0.1 s and memory about 60 MiB at 320 px, both growing with the area; on the calling thread;
/// safe to call concurrently. The random numbers are our own, but blurring is OpenCV's and sines are the C
/// library's: another version of these may change a pixel by a level.
SampleImage DrawSample(const SampleItem& item, const SampleOptions& options = {});

/// Belongs beside the images, as README.txt.
extern const std::string_view kSampleReadme;

}  // namespace touchstone
