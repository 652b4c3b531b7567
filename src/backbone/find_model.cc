#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "touchstone/backbone/extractor.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kExportable = {"wide_resnet50_2", "resnet18", "resnet50",
                                                    "efficientnet_lite0"};

/// The folders that may hold models, those that do not exist included.
std::vector<fs::path> SearchedFolders() {
  std::vector<fs::path> folders;
  const char* chosen = std::getenv("TOUCHSTONE_MODELS");
  if (chosen != nullptr && *chosen != '\0') folders.emplace_back(chosen);
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    const fs::path folder = program.parent_path();
    folders.push_back((folder / "../../models").lexically_normal());
    folders.push_back((folder / "../share/touchstone/models").lexically_normal());
  }
  return folders;
}

bool IsFile(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

/// The names that FindModel would find, in byte order.
std::set<std::string> FoundNames(const std::vector<fs::path>& folders) {
  std::set<std::string> names;
  for (const fs::path& folder : folders) {
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
      if (entry->path().extension() == ".pt" && IsFile(entry->path()))
        names.insert(entry->path().stem().string());
    }
  }
  return names;
}

template <typename Range>
std::string Joined(const Range& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + fs::path(item).string();
  return text.empty() ? "none" : text;
}

std::string Given(const std::string& name, const std::string& option) {
  return option.empty() ? name : option + ' ' + name;
}

[[noreturn]] void RefuseName(const std::string& name, const std::string& given,
                             const std::vector<fs::path>& folders) {
  const std::string searched = given + ": no " + name + ".pt in " + Joined(folders);
  if (std::find(kExportable.begin(), kExportable.end(), name) != kExportable.end()) {
    const auto existing = std::find_if(folders.begin(), folders.end(), [](const fs::path& folder) {
      std::error_code failed;
      return fs::is_directory(folder, failed);
    });
    const fs::path target = (existing != folders.end() ? *existing : fs::path("models")) / (name + ".pt");
    throw Error(ErrorCode::kUsage,
                searched +
                    "; this makes it (Python with torch and torchvision): scripts/export_extractor.py " +
                    name + " -o " + target.string());
  }
  throw Error(ErrorCode::kUsage, searched + "; found there: " + Joined(FoundNames(folders)) +
                                     "; or give the path of a .pt file");
}

}  // namespace

fs::path FindModel(const std::string& name_or_file, const std::string& option) {
  if (IsFile(name_or_file)) return name_or_file;
  const fs::path as_path(name_or_file);
  const bool is_path = as_path.has_parent_path() || as_path.extension() == ".pt";
  if (is_path || name_or_file.empty()) {
    std::error_code error;
    const bool is_there = !name_or_file.empty() && fs::exists(as_path, error);
    throw Error(ErrorCode::kUsage, Given(name_or_file, option) +
                                       (is_there ? ": is no file" : ": no such file") +
                                       "; give the path of a .pt file or a model's name");
  }
  const std::vector<fs::path> folders = SearchedFolders();
  for (const fs::path& folder : folders) {
    fs::path file = folder / (name_or_file + ".pt");
    if (IsFile(file)) return file;
  }
  RefuseName(name_or_file, Given(name_or_file, option), folders);
}

}  // namespace touchstone
