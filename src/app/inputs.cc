#include "app/inputs.h"

#include <algorithm>
#include <map>

#include "touchstone/core/error.h"
#include "touchstone/image/list.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

std::string LabelOf(const fs::path& file) {
  return fs::absolute(file).lexically_normal().parent_path().filename().string();
}

// "./a//b/" -> "a/b", "/a/b" -> "a/b".
std::string RelativeName(const std::string& given) {
  std::string name;
  for (const fs::path& part : fs::path(given).relative_path()) {
    if (part == "..") {
      throw Error(ErrorCode::kUsage,
                  "the path '" + given +
                      "' holds '..': outputs are named after the path as given and must stay in "
                      "the results folder; give it without '..', or a folder as the only input",
                  given);
    }
    if (part.empty() || part == ".") continue;
    name += (name.empty() ? "" : "/") + part.string();
  }
  return name;
}

// @param prefix  of the paths of a folder's images; empty where the folder is the only input.
void AppendFolder(const std::string& folder, const std::string& prefix, std::vector<InputItem>* items) {
  for (const ListedImage& image : ListImages(folder, {}).images) {
    items->push_back(
        {image.file, prefix.empty() ? image.relative : prefix + "/" + image.relative, LabelOf(image.file)});
  }
}

void CheckOutputsDiffer(const std::vector<InputItem>& items) {
  std::map<std::string, const InputItem*> by_stem;
  for (const InputItem& item : items) {
    const auto [place, is_new] = by_stem.emplace(OutputStem(item.path), &item);
    if (!is_new) {
      throw Error(ErrorCode::kUsage, "'" + place->second->path + "' and '" + item.path +
                                         "' would write the same output files, named '" + place->first +
                                         "'; rename one of them or score them in separate runs");
    }
  }
}

// An output file and a folder of other outputs cannot have one name: "a.png" beside "a.tiff/b.png".
void CheckNoOutputIsAFolder(const std::vector<InputItem>& items) {
  std::map<std::string, const InputItem*> folders;
  for (const InputItem& item : items) {
    for (fs::path folder = fs::path(item.path).parent_path(); !folder.empty();
         folder = folder.parent_path()) {
      folders.emplace(folder.string(), &item);
    }
  }
  for (const InputItem& item : items) {
    for (const char* extension : {".tiff", ".png"}) {
      const auto found = folders.find(OutputStem(item.path) + extension);
      if (found == folders.end()) continue;
      throw Error(ErrorCode::kUsage, "an output of '" + item.path + "' would be named '" + found->first +
                                         "', which is the folder of '" + found->second->path +
                                         "'; rename one of them or score them in separate runs");
    }
  }
}

}  // namespace

std::string OutputStem(const std::string& path) { return fs::path(path).replace_extension().string(); }

void CheckExists(const std::string& given) {
  std::error_code error;
  if (!fs::exists(given, error)) {
    throw Error(ErrorCode::kUsage, "there is no such file or folder; check the path", given);
  }
}

InputItem ItemFromPath(const std::string& given) {
  const std::string name = RelativeName(given);
  if (name.empty()) throw Error(ErrorCode::kUsage, "the path '" + given + "' names no file");
  return {given, name, LabelOf(given)};
}

std::vector<InputItem> ListInputs(const std::vector<std::string>& inputs) {
  const bool only_one = inputs.size() == 1;
  std::vector<InputItem> items;
  for (const std::string& input : inputs) {
    CheckExists(input);
    std::error_code error;
    if (fs::is_directory(input, error)) {
      AppendFolder(input, only_one ? "" : RelativeName(input), &items);
    } else if (only_one) {
      items.push_back({input, fs::path(input).filename().string(), LabelOf(input)});
    } else {
      items.push_back(ItemFromPath(input));
    }
  }
  std::sort(items.begin(), items.end(),
            [](const InputItem& a, const InputItem& b) { return a.path < b.path; });
  CheckOutputsDiffer(items);
  CheckNoOutputIsAFolder(items);
  return items;
}

}  // namespace touchstone
