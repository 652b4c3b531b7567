#include "touchstone/sample/generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "defects.h"
#include "random.h"
#include "scene.h"
#include "shading.h"
#include "surface.h"
#include "touchstone/core/error.h"

namespace touchstone {
namespace {

constexpr int kMinSizePx = 48;
constexpr int kMaxSizePx = 1024;
constexpr float kVisibleLevels = 5;  // of 255: a smaller step drowns in the sensor's noise
constexpr int kSceneStream = 0;      // streams of random numbers
constexpr int kDefectStream = 1;

struct Folder {
  const char* split;
  const char* name;
  SampleKind kind;
  int num_images;
};
constexpr std::array<Folder, 6> kFolders = {{{"train", "good", SampleKind::kGood, 40},
                                             {"test", "dent", SampleKind::kDent, 5},
                                             {"test", "good", SampleKind::kGood, 10},
                                             {"test", "missing", SampleKind::kMissing, 5},
                                             {"test", "scratch", SampleKind::kScratch, 5},
                                             {"test", "stain", SampleKind::kStain, 5}}};

void Validate(const SampleItem& item, const SampleOptions& options) {
  if (options.size_px < kMinSizePx || options.size_px > kMaxSizePx) {
    throw Error(ErrorCode::kOption, "sample size = " + std::to_string(options.size_px) + " px: must be " +
                                        std::to_string(kMinSizePx) + " to " + std::to_string(kMaxSizePx) +
                                        "; leave it out for 320");
  }
  if (item.number < 0) {
    throw Error(ErrorCode::kOption,
                "sample number = " + std::to_string(item.number) + ": must not be negative");
  }
}

using Picture = std::array<Field, 3>;

// 1 where the defect can be seen.
Field VisibleChange(const Picture& before, const Picture& after) {
  Field change(before[0].size, 0);
  for (std::size_t c = 0; c < before.size(); ++c) {
    for (std::size_t i = 0; i < change.values.size(); ++i) {
      const float levels = std::abs(std::round(after[c].values[i]) - std::round(before[c].values[i]));
      if (levels >= kVisibleLevels) change.values[i] = 1;
    }
  }
  return change;
}

std::int64_t CountSet(const Mask& mask) {
  return std::count_if(mask.values.begin(), mask.values.end(), [](std::uint8_t value) { return value != 0; });
}

// `after` inside the mask, `before` outside: what cannot be seen shall not be there either.
Image Compose(const Picture& before, const Picture& after, const Mask* mask) {
  Image image;
  image.size = before[0].size;
  image.rgb8.reserve(before.size() * before[0].values.size());
  for (std::size_t i = 0; i < before[0].values.size(); ++i) {
    const Picture& source = mask != nullptr && mask->values[i] != 0 ? after : before;
    for (const Field& channel : source) {
      image.rgb8.push_back(static_cast<std::uint8_t>(std::lround(channel.values[i])));
    }
  }
  return image;
}

}  // namespace

std::vector<SampleItem> ListSample() {
  std::vector<SampleItem> items;
  for (const Folder& folder : kFolders) {
    for (int i = 0; i < folder.num_images; ++i) {
      const std::string digits = std::to_string(i);
      const std::string stem = std::string(3 - digits.size(), '0') + digits;
      SampleItem item;
      const std::string name = folder.name;
      item.path = std::string(folder.split) + "/" + name + "/" + stem + ".png";
      if (folder.kind != SampleKind::kGood) {
        item.mask_path = "ground_truth/" + name + "/" + stem + "_mask.png";
      }
      item.kind = folder.kind;
      item.number = static_cast<int>(items.size());
      items.push_back(item);
    }
  }
  return items;
}

SampleImage DrawSample(const SampleItem& item, const SampleOptions& options) {
  Validate(item, options);
  Random scene_random(options.seed, item.number, kSceneStream);
  const Scene scene = DrawScene(options.size_px, scene_random);
  const Surface intact = MakeSurface(scene);
  const Picture before = Photograph(scene, intact);
  if (item.kind == SampleKind::kGood) return {Compose(before, before, nullptr), std::nullopt};

  // A shallow dent in bad light may not show: then another one is made.
  constexpr int kAttempts = 100;
  const double min_area = 2.5e-4 * options.size_px * options.size_px;
  const int gap_px = std::max(1, options.size_px / 100);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Random defect_random(options.seed, item.number, kDefectStream + attempt);
    Surface damaged = intact;
    Damage(item.kind, scene, defect_random, damaged);
    const Picture after = Photograph(scene, damaged);
    const Mask mask = OutlineOf(VisibleChange(before, after), gap_px, min_area / 4);
    if (static_cast<double>(CountSet(mask)) < min_area) continue;
    return {Compose(before, after, &mask), mask};
  }
  throw std::logic_error("no visible defect in " + std::to_string(kAttempts) + " attempts for " + item.path);
}

const std::string_view kSampleReadme =
    "These images are GENERATED. No part was photographed; they were drawn by `touchstone sample`.\n"
    "\n"
    "They show a machined flange that does not exist, intact (train/good, test/good) and with a scratch,\n"
    "a dent, a stain or a missing piece (test/<defect>). The masks in ground_truth are 255 where the\n"
    "defect visibly changed the picture and 0 elsewhere. The layout is that of the MVTec AD data set.\n"
    "\n"
    "The set is meant for trying the program out and for testing it. Figures measured on it say nothing\n"
    "about the inspection of real parts.\n";

}  // namespace touchstone
