#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "touchstone/methods/padim.h"
#include "touchstone/methods/patchcore.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// Writes a patchcore gallery's model: `places` [M, 2] float32, image and location of each patch, and
/// `patches` [M, C] in the gallery's type of numbers. Where patches are searched by codes (knn/ivfpq.h) also
/// `lists` [M], `codes` [M, P], `centres` [L, C] and `codewords` [P, 256 C / P], float32.
/// @param gallery  its features are read. @param chosen  patch numbers of ChooseCoreset.
/// @throws Error kIo; kNotFinite where a value is too large for float16. Memory: all patches, where codes are
/// made. @return the file's SHA-256.
std::string WriteBank(const std::filesystem::path& file, const Gallery& gallery,
                      const std::vector<std::size_t>& chosen);

/// Reads that back: float32 patches stay on the disk until they are looked at.
/// @throws Error kGallery naming what does not fit the manifest: shapes, images, locations, numbers.
PatchBank ReadBank(const Gallery& gallery);

struct WrittenGaussians {
  std::string sha256;                         ///< of the file; empty if `go_on` ended it, and there is none
  std::vector<std::vector<float>> distances;  ///< as FitGaussians gives them
};

/// Writes a padim gallery's model: `factor` [locations, FactorLayout::size()], `mean` [locations, d] and
/// `channels` [d], the numbers of the channels drawn; all float32.
/// @param gallery  its features are read. @param hold_outs, go_on  of FitGaussians. @throws Error kIo.
WrittenGaussians WriteGaussians(const std::filesystem::path& file, const Gallery& gallery,
                                const std::vector<HoldOut>& hold_outs,
                                const std::function<bool(std::size_t)>& go_on);

/// Reads that back: factors stay on the disk until they are looked at.
/// @throws Error kGallery naming what does not fit the manifest: shapes, channels, numbers.
GaussianModel ReadGaussians(const Gallery& gallery);

/// Reads every number of a gallery's model once; does nothing for spade, which has none.
/// @throws Error like the two above, and for a factor that is not finite.
void CheckModel(const Gallery& gallery);

/// How large the model of `num_images` images will be, its header left out; 0 for spade.
/// @param manifest  its options with levels and dims filled in.
std::uint64_t ModelBytes(const GalleryManifest& manifest, std::size_t num_images);

}  // namespace touchstone
