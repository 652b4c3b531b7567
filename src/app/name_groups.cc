#include "app/name_groups.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "touchstone/core/text.h"

namespace touchstone {
namespace {

constexpr std::size_t kFewestImages = 5;  // a group, on the average

// The path without extension and without the digits before it.
std::string Beginning(const std::string& path) {
  const std::string stem = std::filesystem::path(path).replace_extension().string();
  return stem.substr(0, stem.find_last_not_of("0123456789") + 1);
}

}  // namespace

std::vector<std::string> NameGroups(const std::vector<std::string>& paths) {
  std::set<std::string> groups;
  for (const std::string& path : paths) groups.insert(Beginning(path));
  if (groups.size() < 2 || groups.size() * kFewestImages > paths.size()) return {};
  return {groups.begin(), groups.end()};
}

std::vector<std::string> PathsOf(const std::vector<GalleryImage>& images) {
  std::vector<std::string> paths;
  for (const GalleryImage& image : images) paths.push_back(image.path);
  return paths;
}

std::string NameGroupsText(const std::vector<std::string>& groups) {
  if (groups.empty()) return "";
  std::vector<std::string> shown = groups;
  std::replace(shown.begin(), shown.end(), std::string(), std::string("numbers alone"));
  return " in " + std::to_string(groups.size()) + " groups by name (" + FirstNames(shown) + ")";
}

}  // namespace touchstone
