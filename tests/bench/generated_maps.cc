// generated_maps OUT COUNT SIDE: COUNT score maps of SIDE x SIDE with masks, in the layout of MVTec's
// scripts, for measuring time and memory of evaluate. Made as score makes maps: values on a grid of a quarter
// of the size, stretched; higher in and around the defects, not everywhere. One image in four is good, the
// others have one to three elliptic defects each, of three types. The figures mean nothing; the same call
// writes the same bytes.
//
//   touchstone evaluate --maps OUT/maps --dataset OUT/data

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "bench/tool_main.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTypes[] = {"good", "blot", "crack", "dent"};

struct Ellipse {
  double x, y, across, down;  // centre and half axes [sides of the image]

  // Below 1 inside.
  double Distance(double at_x, double at_y) const {
    const double dx = (at_x - x) / across, dy = (at_y - y) / down;
    return dx * dx + dy * dy;
  }
};

class Generator {
 public:
  Generator(std::uint32_t seed, int side) : random_(seed), side_(side) {}

  double Uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(random_()) / 4294967296.0;
  }

  std::vector<Ellipse> Defects() {
    std::vector<Ellipse> defects(1 + random_() % 3);
    for (Ellipse& defect : defects) {
      defect = {Uniform(0.1, 0.9), Uniform(0.1, 0.9), Uniform(0.02, 0.12), Uniform(0.02, 0.12)};
    }
    return defects;
  }

  ScoreMap Map(const std::vector<Ellipse>& defects) {
    const int coarse = std::max(1, side_ / 64), fine = std::max(1, side_ / 4);
    ScoreMap map = ResizeMap(Noise(coarse, 2), {fine, fine});
    const ScoreMap ripple = ResizeMap(Noise(std::max(1, fine / 4), 1), {fine, fine});
    for (int y = 0, p = 0; y < fine; ++y) {
      for (int x = 0; x < fine; ++x, ++p) {
        map.values[p] += ripple.values[p];
        for (const Ellipse& defect : defects) {
          const double distance = defect.Distance((x + 0.5) / fine, (y + 0.5) / fine);
          map.values[p] += static_cast<float>(2 / (1 + distance * distance));
        }
      }
    }
    return ResizeMap(map, {side_, side_});
  }

  Image Mask(const std::vector<Ellipse>& defects) const {
    Image mask{{side_, side_}, 8, {}, {}, false};
    mask.rgb8.reserve(std::size_t{3} * side_ * side_);
    for (int y = 0; y < side_; ++y) {
      for (int x = 0; x < side_; ++x) {
        const bool is_inside = std::any_of(defects.begin(), defects.end(), [&](const Ellipse& defect) {
          return defect.Distance((x + 0.5) / side_, (y + 0.5) / side_) < 1;
        });
        mask.rgb8.insert(mask.rgb8.end(), 3, is_inside ? 255 : 0);
      }
    }
    return mask;
  }

 private:
  ScoreMap Noise(int side, double height) {
    ScoreMap noise{{side, side}, {}};
    for (int p = 0; p < side * side; ++p) noise.values.push_back(static_cast<float>(Uniform(0, height)));
    return noise;
  }

  std::mt19937 random_;
  int side_;
};

void Write(const fs::path& file, const Bytes& bytes) {
  fs::create_directories(file.parent_path());
  WriteFileAtomically(file, bytes);
}

void Generate(const fs::path& out, std::size_t count, int side) {
  const Image placeholder{{1, 1}, 8, {0, 0, 0}, {}, false};  // evaluate looks at names of images only
  ParallelFor(count, [&](std::size_t i) {
    Generator generator(static_cast<std::uint32_t>(i), side);
    const std::string type = kTypes[i % 4];
    char stem[16];
    std::snprintf(stem, sizeof stem, "%05zu", i);
    const fs::path test = fs::path("generated") / "test" / type;
    const std::vector<Ellipse> defects = type == "good" ? std::vector<Ellipse>() : generator.Defects();
    Write(out / "data" / test / (std::string(stem) + ".png"), EncodePng(placeholder, 1));
    Write(out / "maps" / test / (std::string(stem) + ".tiff"), EncodeScoreMap(generator.Map(defects)));
    if (defects.empty()) return;
    Write(out / "data/generated/ground_truth" / type / (std::string(stem) + "_mask.png"),
          EncodePng(generator.Mask(defects), 6));
  });
}

}  // namespace
}  // namespace touchstone

int main(int argc, char** argv) {
  return touchstone::RunTool(argc, "generated_maps OUT COUNT SIDE",
                             [&] { touchstone::Generate(argv[1], std::stoul(argv[2]), std::stoi(argv[3])); });
}
