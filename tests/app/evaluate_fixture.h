#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "app/run.h"
#include "core/support.h"
#include "touchstone/app/evaluate.h"
#include "touchstone/core/file.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"
#include "touchstone/report/results.h"

namespace touchstone {

inline constexpr Size kMapSize{8, 6};

/// A category with maps that are 1 on the left four columns and 0 elsewhere, and masks of chosen columns.
class EvaluateTest : public testing::Test {
 protected:
  void AddImage(const std::string& path, double score, Size size = kMapSize,
                const std::string& root = "part") {
    ImageResult result;
    result.path = path;
    result.source = (folder_.path() / root / "test" / path).string();
    result.label = std::filesystem::path(path).parent_path().filename().string();
    result.size = size;
    result.score = result.map_max = score;
    result.retrieval_score = -score;
    result.map = std::filesystem::path(path).replace_extension(".tiff").string();
    WriteMap(folder_.path() / "results/maps" / result.map, size);
    results_.images.push_back(result);
  }
  static void WriteMap(const std::filesystem::path& file, Size size) {
    ScoreMap map{size, {}};
    for (int i = 0; i < size.width * size.height; ++i) map.values.push_back(i % size.width < 4 ? 1.0F : 0.0F);
    std::filesystem::create_directories(file.parent_path());
    WriteFileAtomically(file, EncodeScoreMap(map));
  }
  void AddMask(const std::string& name, int num_columns, Size size = kMapSize,
               const std::string& root = "part", std::uint8_t value = 255) {
    Image mask{size, 8, {}, {}, false};
    for (int i = 0; i < size.width * size.height; ++i) {
      mask.rgb8.insert(mask.rgb8.end(), 3, i % size.width < num_columns ? value : std::uint8_t{0});
    }
    const std::filesystem::path file = folder_.path() / root / "ground_truth" / name;
    std::filesystem::create_directories(file.parent_path());
    WriteFileAtomically(file, EncodePng(mask, 1));
  }
  /// A good and a defective image with its mask.
  void AddPlainCategory() {
    AddImage("dent/1.png", 2);
    AddImage("good/1.png", 1);
    AddMask("dent/1_mask.png", 4);
  }
  MetricsReport Run(EvaluateOptions options = {}) {
    if (options.maps.empty()) {
      results_.complete = complete_;
      results_.maps_dir = "maps";
      results_.inputs = {(folder_.path() / "part/test").string()};
      std::filesystem::create_directories(folder_.path() / "results");
      WriteFileAtomically(folder_.path() / "results/results.json", ResultsJson(results_));
      options.results = folder_.path() / "results";
    }
    sink_.warnings.clear();
    return Evaluate(options, sink_);
  }
  Error RunFails(const EvaluateOptions& options = {}) {
    return ErrorOf([&] { Run(options); });
  }

  TemporaryFolder folder_;
  Results results_;
  bool complete_ = true;
  RecordingSink sink_;
};

}  // namespace touchstone
