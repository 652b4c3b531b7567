#pragma once

#include <filesystem>
#include <string>

namespace touchstone {

/// The same facts for people and for programs.
struct Description {
  std::string text;
  std::string json;  ///< one document with a `schema`
};

/// What a gallery is: method, options, preprocessing, extractor, sizes. Reads the manifest alone.
/// @throws Error kUsage, kGallery.
Description DescribeGallery(const std::filesystem::path& folder);

/// Its images, one a line: path, size, bits, digest. @throws like DescribeGallery.
Description ListGallery(const std::filesystem::path& folder);

/// Checks every file that the manifest names against its digest and declared shapes, and every number of the
/// model that patchcore and padim made.
/// @throws Error kGallery naming the first file at fault.
Description VerifyGallery(const std::filesystem::path& folder);

/// What an extractor is: digest, levels, shapes at the default input size, preprocessing.
/// @param name_or_file  as for --model. @throws Error kUsage, kModel.
Description DescribeModel(const std::string& name_or_file);

}  // namespace touchstone
