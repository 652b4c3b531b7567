#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace touchstone {

struct ListedImage {
  std::filesystem::path file;  ///< folder / relative: the file as it is opened
  std::string relative;        ///< as reached below the folder, '/' between its parts
};

struct Listing {
  std::vector<ListedImage> images;  ///< in byte order of `relative`
  std::size_t num_other_files = 0;  ///< no image by their names
  std::size_t num_left_out = 0;     ///< images that the filter rejects
};

/// Globs on ListedImage::relative, as of POSIX fnmatch without flags: `*` and `?` match '/' and
/// leading dots too, so "*.png" finds PNG files at any depth and "good/*" everything below good;
/// `[a-z]` is a set and `\` takes the next character as it is. Bytes are compared, upper and lower
/// case differ.
struct ListFilter {
  std::vector<std::string> include;  ///< at least one must match; empty = everything
  std::vector<std::string> exclude;  ///< none may match
};

/// What a folder without images is to the caller.
enum class WhenEmpty {
  kError,         ///< a mistake: nothing could be done with it
  kEmptyListing,  ///< as good as any other
};

/// Whether the name ends in an extension of an image: png jpg jpeg bmp tif tiff webp pgm ppm pnm,
/// in any case.
bool HasImageExtension(const std::filesystem::path& file);

/// Finds the images below a folder, at any depth. Links are followed; a folder that is reached
/// from inside itself is not entered again, so loops end. Files and folders whose names start
/// with a dot are skipped and not counted. Files are not opened: a broken link or an unreadable
/// file with an image's name is listed, and fails when it is read.
///
/// @throws Error kUsage if the folder is missing or not a folder; kIo if it or any folder below
/// cannot be read, and, with WhenEmpty::kError, if no image is left: that message counts what was
/// there instead.
Listing ListImages(const std::filesystem::path& folder, const ListFilter& filter = {},
                   WhenEmpty when_empty = WhenEmpty::kError);

}  // namespace touchstone
