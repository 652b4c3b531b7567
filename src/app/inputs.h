#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace touchstone {

/// One image to be scored.
struct InputItem {
  std::filesystem::path file;  ///< what to open
  std::string path;            ///< how results name it: '/'-separated, relative, without ".."
  std::string label;           ///< name of the folder right above the file
};

/// The images that INPUT... stand for, in byte order of path.
/// @throws Error kUsage: a missing input, "..", two images that would write the same output (names
/// both); kIo: a folder without images.
std::vector<InputItem> ListInputs(const std::vector<std::string>& inputs);

/// A single path as it came on a stream, whether or not there is such a file. @throws Error kUsage for ".."
/// and for what names no file.
InputItem ItemFromPath(const std::string& given);

/// @throws Error kUsage where there is no such file or folder.
void CheckExists(const std::string& given);

/// `path` without its extension: what the image's outputs are called.
std::string OutputStem(const std::string& path);

}  // namespace touchstone
