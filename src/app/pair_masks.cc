#include "app/pair_masks.h"

#include <iterator>

#include "touchstone/core/error.h"
#include "touchstone/core/text.h"
#include "touchstone/image/list.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, fs::path>;

// Moves the files of one image to it: its mask, or all channels in a folder of its name.
bool TakeMasks(EvaluatedImage* image, Files* files) {
  const std::string stem = image->defect + "/" + image->stem;
  const auto mask = files->find(stem + "_mask");
  if (mask != files->end()) {
    image->masks = {mask->second};
    files->erase(mask);
    return true;
  }
  const std::string inside = stem + "/";
  auto channel = files->lower_bound(inside);
  while (channel != files->end() && channel->first.compare(0, inside.size(), inside) == 0) {
    image->masks.push_back(channel->second);
    channel = files->erase(channel);
  }
  image->has_channels = !image->masks.empty();
  return image->has_channels;
}

// The kinds of the channels' defects; none, and a warning, where nothing says what they are.
DefectKinds KindsOf(const fs::path& folder, std::vector<std::string>* warnings) {
  const fs::path file = fs::absolute(folder).lexically_normal() / ".." / "defects_config.json";
  std::error_code error;
  if (fs::is_regular_file(file, error)) return ReadDefectsConfig(file.lexically_normal());
  warnings->push_back("there is no " + file.lexically_normal().string() +
                      ": masks in channels are taken as one, and AU-sPRO is undefined");
  return {};
}

}  // namespace

Files FilesByStem(const fs::path& folder) {
  Files files;
  std::error_code error;
  if (fs::status(folder, error).type() == fs::file_type::not_found) return files;
  for (const ListedImage& listed : ListImages(folder, {}, WhenEmpty::kEmptyListing).images) {
    const auto [place, is_new] =
        files.emplace(fs::path(listed.relative).replace_extension().string(), listed.file);
    if (!is_new) {
      throw Error(ErrorCode::kResults,
                  "has the same name as " + place->second.filename().string() + "; remove one of the two",
                  listed.file);
    }
  }
  return files;
}

void WarnAll(const std::vector<std::string>& names, const std::string& what,
             std::vector<std::string>* warnings) {
  if (names.empty()) return;
  warnings->push_back(std::to_string(names.size()) + " " + what + ": " + FirstNames(names));
}

void PairMasks(const fs::path& folder, EvaluatedCategory* category, std::vector<std::string>* warnings) {
  Files files;
  if (!folder.empty()) files = FilesByStem(folder);
  if (files.empty()) {
    const std::string where =
        folder.empty() ? "beside the images, which lie in no folder 'test'" : "in " + folder.string();
    warnings->push_back("there are no masks " + where +
                        ": pixel figures are undefined; name the folder with --ground-truth DIR");
    return;
  }
  std::vector<std::string> without, unpaired;
  bool any_channels = false;
  for (EvaluatedImage& image : category->images) {
    const bool has_mask = TakeMasks(&image, &files);
    any_channels = any_channels || image.has_channels;
    if (!has_mask && image.defect != "good") without.push_back(image.name);
  }
  if (any_channels) category->defect_kinds = KindsOf(folder, warnings);
  for (const auto& entry : files) unpaired.push_back(entry.second.string());
  WarnAll(without, "images of defect folders have no mask and are left out of the pixel figures", warnings);
  WarnAll(unpaired, "masks belong to no scored image", warnings);
}

}  // namespace touchstone
