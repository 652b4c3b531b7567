#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "app/run.h"
#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/image/encode.h"
#include "touchstone/store/gallery.h"

namespace touchstone {

/// Good parts and bad ones, and an extractor that only averages pixels.
class ThresholdsFixture : public testing::Test {
 protected:
  std::filesystem::path At(const std::string& name) const { return folder_.path() / name; }

  /// A part with noise that the seed decides, in 0..22; a bad one has a bright square.
  void Draw(const std::string& name, int seed, bool is_bad = false) const {
    Image image{{40, 32}, 8, {}, {}, false};
    for (int i = 0; i < 40 * 32 * 3; ++i) {
      const int x = i / 3 % 40, y = i / 120;
      const bool in_square = is_bad && x > 10 && x < 26 && y > 8 && y < 24;
      image.rgb8.push_back(
          static_cast<std::uint8_t>(in_square ? 250 : 60 + (i * 31 + seed * (17 + i % 7)) % 23));
    }
    std::filesystem::create_directories(At(name).parent_path());
    WriteFileAtomically(At(name), EncodePng(image, 1));
  }
  void DrawParts(const std::string& folder, int count, int first_seed) const {
    for (int i = 0; i < count; ++i) {
      Draw(folder + "/" + std::to_string(100 + i) + ".png", first_seed + i);
    }
  }
  FitOptions Fitting(double rate) const {
    FitOptions options = SmallFit(folder_.path());
    options.false_alarm_rate = rate;
    return options;
  }
  ScoreOptions Scoring() const {
    ScoreOptions options = SmallScore(folder_.path());
    options.force = true;
    return options;
  }
  Calibration StoredCalibration() const {
    return Gallery::Open(At("gallery"), GalleryCheck::kManifest).manifest().calibration.value();
  }

  TemporaryFolder folder_;
  RecordingSink sink_;
};

}  // namespace touchstone
