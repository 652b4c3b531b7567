#include "touchstone/image/list.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kExtensions{"png",  "jpg",  "jpeg", "bmp", "tif",
                                                       "tiff", "webp", "pgm",  "ppm", "pnm"};

std::string ExtensionNames() {
  std::string names;
  for (std::string_view extension : kExtensions) names += (names.empty() ? "" : " ") + std::string(extension);
  return names;
}

bool MatchesAny(const std::vector<std::string>& globs, const std::string& text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return fnmatch(glob.c_str(), text.c_str(), 0) == 0; });
}

class Walk {
 public:
  explicit Walk(const ListFilter& filter) : filter_(filter) {}

  void Enter(const fs::path& folder, const std::string& relative) {
    const FolderId id = Identify(folder);
    if (std::find(open_folders_.begin(), open_folders_.end(), id) != open_folders_.end()) return;
    open_folders_.push_back(id);
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      Visit(entry->path(), relative);
    }
    if (error) ThrowUnreadable(folder, error.message());
    open_folders_.pop_back();
  }

  [[noreturn]] static void ThrowUnreadable(const fs::path& folder, const std::string& reason) {
    throw Error(ErrorCode::kIo,
                "this folder cannot be read (" + reason + "): make it readable or move it away", folder);
  }

  Listing Finish() {
    std::sort(listing_.images.begin(), listing_.images.end(),
              [](const ListedImage& a, const ListedImage& b) { return a.relative < b.relative; });
    return std::move(listing_);
  }

 private:
  using FolderId = std::pair<dev_t, ino_t>;

  static FolderId Identify(const fs::path& folder) {
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0) ThrowUnreadable(folder, std::strerror(errno));
    return {status.st_dev, status.st_ino};
  }

  void Visit(const fs::path& path, const std::string& relative_folder) {
    const std::string name = path.filename().string();
    if (name.front() == '.') return;
    const std::string relative = relative_folder.empty() ? name : relative_folder + "/" + name;
    std::error_code error;
    const fs::file_status status = fs::status(path, error);  // of a link's target
    if (fs::is_directory(status)) return Enter(path, relative);
    if (!HasImageExtension(path)) {
      ++listing_.num_other_files;
    } else if ((!filter_.include.empty() && !MatchesAny(filter_.include, relative)) ||
               MatchesAny(filter_.exclude, relative)) {
      ++listing_.num_left_out;
    } else {
      listing_.images.push_back({path, relative});
    }
  }

  const ListFilter& filter_;
  Listing listing_;
  std::vector<FolderId> open_folders_;  // from the top to here: meeting one again is a loop
};

}  // namespace

bool HasImageExtension(const fs::path& file) {
  std::string extension = file.extension().string();
  if (extension.empty()) return false;
  extension.erase(0, 1);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

Listing ListImages(const fs::path& folder, const ListFilter& filter, WhenEmpty when_empty) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (error && status.type() == fs::file_type::none) Walk::ThrowUnreadable(folder, error.message());
  if (!fs::exists(status)) throw Error(ErrorCode::kUsage, "there is no such folder: check the path", folder);
  if (!fs::is_directory(status))
    throw Error(ErrorCode::kUsage, "is not a folder: name the folder it is in", folder);
  Walk walk(filter);
  walk.Enter(folder, "");
  Listing listing = walk.Finish();
  if (listing.images.empty() && when_empty == WhenEmpty::kError) {
    std::string message =
        "holds no image to read (" + std::to_string(listing.num_other_files) + " other file(s)";
    if (listing.num_left_out > 0) {
      message +=
          ", " + std::to_string(listing.num_left_out) + " image(s) left out by --include and --exclude";
    }
    throw Error(ErrorCode::kIo, message + "): images are files that end in " + ExtensionNames(), folder);
  }
  return listing;
}

}  // namespace touchstone
