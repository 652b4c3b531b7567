#include "app/good_images.h"

#include <cstddef>
#include <set>

#include "touchstone/core/text.h"

namespace touchstone {
namespace {

constexpr std::size_t kMostNamed = 4;

// "crack, cut, hole, print and 2 more".
std::string Listed(const std::set<std::string>& names) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count == kMostNamed) break;
    text += (count++ > 0 ? ", " : "") + Printable(name);
  }
  return names.size() > kMostNamed ? text + " and " + std::to_string(names.size() - kMostNamed) + " more"
                                   : text;
}

}  // namespace

void WarnOfDefects(const std::filesystem::path& input, const std::vector<std::string>& paths,
                   ProgressSink& progress) {
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    const std::size_t end = path.find('/');
    if (end != std::string::npos) folders.insert(path.substr(0, end));
  }
  const bool is_category =
      folders.count("train") != 0 && (folders.count("test") != 0 || folders.count("ground_truth") != 0);
  const bool is_test = folders.count("good") != 0 && folders.size() > 1;
  if (!is_category && !is_test) return;
  const std::filesystem::path good = is_category ? std::filesystem::path("train") / "good" : "good";
  folders.erase(is_category ? "train" : "good");
  progress.Warn(input.string() + ": what is in " + Listed(folders) +
                " is taken as good, too, and good images alone are wanted: here probably " +
                (input / good).string());
}

}  // namespace touchstone
