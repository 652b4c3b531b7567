#include "app/evaluated_images.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "app/pair_masks.h"
#include "touchstone/core/error.h"
#include "touchstone/image/list.h"
#include "touchstone/report/results.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

// The folder above the last folder called "test": "a/hazelnut/test/crack/001.png" -> "a/hazelnut".
fs::path CategoryRoot(const fs::path& file) {
  for (fs::path folder = file.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder.filename() == "test") return folder.parent_path();
  }
  return {};
}

// The roots of all categories among the scored images.
std::set<fs::path> CategoryRoots(const Results& results) {
  std::set<fs::path> roots;
  for (const ImageResult& result : results.images) roots.insert(CategoryRoot(result.source));
  roots.erase(fs::path());
  return roots;
}

// Whether a file lies in one of the categories, but not in its folder "test": a training image, or a mask.
bool IsBesideTest(const fs::path& file, const std::set<fs::path>& roots) {
  if (!CategoryRoot(file).empty()) return false;
  for (fs::path folder = file.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    if (roots.count(folder) != 0) return true;
  }
  return false;
}

// Whether two names of folders mean the same one, as "a/x" and "a/../a/x" do.
bool IsSameFolder(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

// Categories are told apart by name, so each name may stand for one folder only.
void AddRoot(const std::string& category, const fs::path& root, std::map<std::string, fs::path>* roots) {
  const fs::path& known = roots->emplace(category, root).first->second;
  if (IsSameFolder(known, root)) return;
  const auto named = [](const fs::path& folder) {
    return folder.empty() ? std::string("images below no folder 'test'") : folder.string();
  };
  throw Error(ErrorCode::kResults, "two sets of images are called '" + category + "', " + named(known) +
                                       " and " + named(root) + ": score them in separate runs");
}

// Pairs each category with its own masks, <root>/ground_truth, or the only one with those of --ground-truth.
void PairAllMasks(const std::map<std::string, fs::path>& roots, const fs::path& ground_truth,
                  EvaluationInput* input) {
  if (!ground_truth.empty() && input->categories.size() > 1) {
    std::string names;
    for (const auto& entry : input->categories) names += (names.empty() ? "" : ", ") + entry.first;
    throw Error(ErrorCode::kUsage,
                "--ground-truth " + ground_truth.string() + ": holds the masks of one category, these are " +
                    std::to_string(input->categories.size()) + " (" + names +
                    "); evaluate them one by one, or put each one's masks in 'ground_truth' "
                    "beside its folder 'test'");
  }
  for (auto& [name, category] : input->categories) {
    const fs::path& root = roots.at(name);
    const fs::path beside = root.empty() ? fs::path() : root / "ground_truth";
    PairMasks(ground_truth.empty() ? beside : ground_truth, &category, &input->warnings);
  }
}

std::string LastName(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return normal.has_filename() ? normal.filename().string() : normal.parent_path().filename().string();
}

// @param role  what the folder is, as the command line says it.
void RequireFolder(const fs::path& folder, const std::string& role) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorCode::kUsage, "there is no " + role + " " + folder.string() + "; check the path");
  }
}

// Where nothing says which images are normal and which pixels are defects, there is nothing to compare with.
void RequireGroundTruth(const EvaluationInput& input, const fs::path& where) {
  for (const auto& entry : input.categories) {
    for (const EvaluatedImage& image : entry.second.images) {
      if (image.defect == "good" || !image.masks.empty()) return;
    }
  }
  throw Error(ErrorCode::kResults,
              "no ground truth: none of its images lies in a folder 'good', and none has a mask "
              "ground_truth/<defect>/<stem>_mask.*; sort the images into test/good and test/<defect> and "
              "score that folder 'test', or name the masks with --ground-truth DIR",
              where);
}

// Whether MVTec's scripts look into the folder: Python's name.replace("_", "").isalpha(). Every byte above
// 127 passes for a part of a letter.
bool IsOfficialName(const std::string& folder) {
  const auto is_letter = [](unsigned char c) { return c > 127 || std::isalpha(c) != 0; };
  const auto fits = [&](unsigned char c) { return c == '_' || is_letter(c); };
  return std::all_of(folder.begin(), folder.end(), fits) &&
         std::any_of(folder.begin(), folder.end(), is_letter);
}

// One category of a data set with anybody's maps of it: of the images that MVTec's scripts see, those right
// in a folder of test that has a plain name.
std::vector<EvaluatedImage> ImagesOfCategory(const fs::path& test, const fs::path& maps_folder,
                                             std::vector<std::string>* warnings) {
  std::map<std::string, fs::path> maps = FilesByStem(maps_folder);
  std::vector<EvaluatedImage> images;
  std::vector<std::string> skipped, without, unpaired;
  for (const ListedImage& listed : ListImages(test).images) {
    const fs::path relative = listed.relative;
    const auto map = maps.find(fs::path(relative).replace_extension().string());
    const std::string folder = relative.parent_path().string();
    if (folder.find('/') != std::string::npos || !IsOfficialName(folder)) {
      skipped.push_back(listed.file.string());
    } else if (map == maps.end()) {
      without.push_back(listed.file.string());
    } else {
      EvaluatedImage image;
      image.name = listed.file.string();
      image.path = relative.string();
      image.defect = folder;
      image.stem = relative.stem().string();
      image.map = map->second;
      images.push_back(image);
    }
    if (map != maps.end()) maps.erase(map);
  }
  for (const auto& entry : maps) unpaired.push_back(entry.second.string());
  WarnAll(skipped,
          "images are left out as by MVTec's scripts, which look only at what lies right in test/<defect>, a "
          "name of letters and _",
          warnings);
  WarnAll(without, "images have no map and are left out", warnings);
  WarnAll(unpaired, "maps belong to no image", warnings);
  return images;
}

// @param maps  the results' folder of maps.
EvaluatedImage ScoredImage(const ImageResult& result, const fs::path& maps) {
  EvaluatedImage image;
  image.name = image.path = result.path;
  image.defect = result.label;
  image.stem = fs::path(result.path).stem().string();
  image.score = result.score;
  image.retrieval_score = result.retrieval_score;
  image.map_max = result.map_max;
  if (!result.map.empty()) image.map = maps / result.map;
  return image;
}

}  // namespace

std::map<std::string, fs::path> CategoriesOf(const fs::path& dataset, const std::string& role) {
  RequireFolder(dataset, "folder " + role);
  std::error_code error;
  if (fs::is_directory(dataset / "test", error)) return {{LastName(dataset), dataset}};
  std::map<std::string, fs::path> roots;
  for (fs::directory_iterator entry(dataset, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code no_category;
    const fs::path root = entry->path();
    if (fs::is_directory(root / "test", no_category)) roots[root.filename().string()] = root;
  }
  if (error) {
    throw Error(ErrorCode::kIo, role + ": cannot be read (" + error.message() + "); make it readable",
                dataset);
  }
  if (roots.empty()) {
    throw Error(ErrorCode::kUsage,
                role +
                    ": neither it nor a folder in it has a folder 'test'; name the root of an MVTec-layout "
                    "data set",
                dataset);
  }
  return roots;
}

EvaluationInput ImagesOfResults(const EvaluateOptions& options) {
  RequireFolder(options.results, "results folder");
  if (!options.ground_truth.empty()) RequireFolder(options.ground_truth, "folder --ground-truth");
  const Results results = ReadResults(options.results);
  EvaluationInput input;
  if (!results.complete) {
    input.warnings.push_back("the scoring run did not finish: figures are over the images it reached");
  }
  const std::set<fs::path> all_roots = CategoryRoots(results);
  std::map<std::string, fs::path> roots;
  std::vector<std::string> failed, beside_test;
  for (const ImageResult& result : results.images) {
    if (result.failed()) {
      failed.push_back(result.path);
    } else if (IsBesideTest(result.source, all_roots)) {
      beside_test.push_back(result.path);
    } else {
      const fs::path root = CategoryRoot(result.source);
      const std::string category =
          root.empty() ? LastName(results.inputs.empty() ? "." : results.inputs[0]) : LastName(root);
      AddRoot(category, root, &roots);
      input.categories[category].images.push_back(ScoredImage(result, options.results / results.maps_dir));
    }
  }
  WarnAll(beside_test, "scored images lie beside their category's folder 'test' and are left out",
          &input.warnings);
  WarnAll(failed, "images could not be scored and are left out", &input.warnings);
  if (input.categories.empty()) {
    throw Error(ErrorCode::kResults,
                "no image of it was scored, " + std::to_string(failed.size()) +
                    " failed; results.json says why: mend the images and score again",
                options.results);
  }
  PairAllMasks(roots, options.ground_truth, &input);
  RequireGroundTruth(input, options.results);
  return input;
}

EvaluationInput ImagesOfDataset(const EvaluateOptions& options) {
  RequireFolder(options.maps, "folder --maps");
  if (!options.ground_truth.empty()) RequireFolder(options.ground_truth, "folder --ground-truth");
  EvaluationInput input;
  std::error_code error;
  const std::map<std::string, fs::path> roots = CategoriesOf(options.dataset, "--dataset");
  for (const auto& [category, root] : roots) {
    fs::path maps = options.maps / category / "test";
    if (root == options.dataset && !fs::is_directory(maps, error)) maps = options.maps / "test";
    if (!fs::is_directory(maps, error)) {
      input.warnings.push_back("there are no maps of " + category + " in " + maps.string() +
                               ": it is left out");
      continue;
    }
    std::vector<EvaluatedImage> images = ImagesOfCategory(root / "test", maps, &input.warnings);
    if (!images.empty()) input.categories[category].images = std::move(images);
  }
  if (input.categories.empty()) {
    throw Error(
        ErrorCode::kResults,
        "holds no maps of any image of the data set; the layout is MAPS/<category>/test/<defect>/<stem>.tiff",
        options.maps);
  }
  PairAllMasks(roots, options.ground_truth, &input);
  RequireGroundTruth(input, options.dataset);
  return input;
}

}  // namespace touchstone
