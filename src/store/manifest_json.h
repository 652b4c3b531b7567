#pragma once

#include <filesystem>
#include <string>

#include "touchstone/store/gallery.h"

namespace touchstone {

/// The text of manifest.json.
std::string ManifestText(const GalleryManifest& manifest);

/// The reverse, with every field checked: types, ranges, file names that stay inside the gallery,
/// sums of images. @throws Error kGallery naming `file`.
GalleryManifest ParseManifest(const std::string& text, const std::filesystem::path& file);

}  // namespace touchstone
