#include <functional>
#include <random>
#include <vector>

#include "core/support.h"
#include "fuzz/entry_points.h"
#include "store/example_manifest.h"
#include "store/manifest_json.h"
#include "touchstone/image/map_file.h"
#include "touchstone/report/results.h"
#include "touchstone/store/safetensors.h"

namespace touchstone {
namespace {

constexpr int kRounds = 3000;
constexpr int kFewRounds = 500;  // of pictures: damaged ones may ask for much memory

// What readers of numbers, lists and names stumble over.
const std::vector<std::string> kTokens{"0",
                                       "-1",
                                       "1e999",
                                       "1e-999",
                                       "18446744073709551615",
                                       "4294967296",
                                       "9223372036854775808",
                                       "null",
                                       "true",
                                       "[]",
                                       "{}",
                                       "\"\"",
                                       "[",
                                       "]",
                                       "{",
                                       "}",
                                       ",",
                                       ":",
                                       "\"",
                                       "\\",
                                       "\\u0000",
                                       "\\ud800",
                                       "../",
                                       "nan",
                                       std::string(1, '\0'),
                                       "\xff",
                                       std::string(300, '['),
                                       "F16",
                                       "1.5",
                                       "-0"};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : generator_(seed) {}

  // A few changes at random places: a bit, a byte gone, a piece doubled, a token put in or in place of a
  // number.
  std::string Mutate(std::string bytes) {
    for (std::size_t change = Below(4) + 1; change > 0 && !bytes.empty(); --change) Change(&bytes);
    return bytes;
  }

 private:
  std::size_t Below(std::size_t limit) { return generator_() % limit; }

  void Change(std::string* bytes) {
    const std::size_t at = Below(bytes->size());
    switch (Below(6)) {
      case 0:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << Below(8)));
        break;
      case 1:
        bytes->erase(at, Below(8) + 1);
        break;
      case 2:
        bytes->insert(at, bytes->substr(Below(bytes->size()), Below(64)));
        break;
      case 3:
        bytes->insert(at, kTokens[Below(kTokens.size())]);
        break;
      case 4:
        ReplaceNumber(at, bytes);
        break;
      default:
        if (Below(4) == 0) bytes->resize(at);
    }
  }

  void ReplaceNumber(std::size_t at, std::string* bytes) {
    const std::size_t first = bytes->find_first_of("0123456789", at);
    if (first == std::string::npos) return;
    const std::size_t last = bytes->find_first_not_of("0123456789", first);
    bytes->replace(first, (last == std::string::npos ? bytes->size() : last) - first,
                   kTokens[Below(kTokens.size())]);
  }

  std::mt19937 generator_;
};

// Both outcomes must occur: otherwise nothing but the first check was tried, or nothing was changed.
void ExpectErrorsAtMost(const std::string& valid, const std::function<bool(const std::string&)>& read,
                        int num_rounds = kRounds) {
  ASSERT_TRUE(read(valid));
  Mutator mutator(20240601);
  int num_accepted = 0;
  for (int round = 0; round < num_rounds; ++round) {
    const std::string mutated = mutator.Mutate(valid);
    try {
      num_accepted += read(mutated) ? 1 : 0;
    } catch (const std::exception& error) {
      FAIL() << "round " << round << ": " << error.what();
    }
  }
  EXPECT_GT(num_accepted, 0);
  EXPECT_LT(num_accepted, num_rounds);
}

TEST(MutatedFiles, OfManifestsAreErrorsAndNothingWorse) {
  GalleryManifest manifest = ExampleManifest(2);
  manifest.segments = {{"segments/000000.safetensors", std::string(64, 'c'), 2}};
  ExpectErrorsAtMost(ManifestText(manifest), FuzzManifest);
}

TEST(MutatedFiles, OfResultsAreErrorsAndNothingWorse) {
  Results results;
  results.maps_dir = "maps";
  results.images.resize(2);
  results.images[0].path = "good/\xff.png";
  results.images[0].size = {640, 480};
  results.images[0].score = 0.5;
  results.images[1].path = "good/2.png";
  results.images[1].error_code = "image";
  ExpectErrorsAtMost(ResultsJson(results), FuzzResults);
}

TEST(MutatedFiles, OfSafetensorsAreErrorsAndNothingWorse) {
  for (const TensorType type : {TensorType::kFloat32, TensorType::kFloat16}) {
    TemporaryFolder folder;
    WriteSafetensors(folder.path() / "x",
                     {{"global", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"level1", {2, 1, 2, 1}, {7, 8, 9, 0}}}, type);
    ExpectErrorsAtMost(ReadText(folder.path() / "x"), FuzzSafetensors);
  }
}

TEST(MutatedFiles, OfDefectsConfigsAreErrorsAndNothingWorse) {
  ExpectErrorsAtMost(
      R"([{"defect_name": "a", "pixel_value": 255, "saturation_threshold": 6300, "relative_saturation": false},
          {"defect_name": "b", "pixel_value": 7, "saturation_threshold": 0.5, "relative_saturation": true}])",
      FuzzDefectsConfig);
}

// Two or so of each decoder; image/hostile_test flips the bits of all formats.
TEST(MutatedFiles, OfPicturesAreErrorsAndNothingWorse) {
  for (const char* name : {"rgb.png", "rgb_16bit.png", "rgb.jpg", "progressive.jpg", "rgb.bmp",
                           "palette_4bit.bmp", "rgb_lzw.tif", "rgb_tiles.tif", "lossy.webp",
                           "lossless_alpha.webp", "rgb.ppm", "plain_maxval_4095.pgm"}) {
    SCOPED_TRACE(name);
    const std::string golden = TOUCHSTONE_TEST_DATA "/golden/formats/";
    ExpectErrorsAtMost(ReadText(golden + name), FuzzImage, kFewRounds);
  }
}

// With check sums, which notice nearly everything, and under another name, so that there are none.
TEST(MutatedFiles, OfExtractorsAreErrorsAndNothingWorse) {
  const std::string name = "touchstone.sha256";
  std::string text = ReadText(TOUCHSTONE_TEST_DATA "/golden/extractors/good.pt");
  ExpectErrorsAtMost(text, FuzzExtractor);
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) text[at] = 'T';
  ExpectErrorsAtMost(text, FuzzExtractor);
}

TEST(MutatedFiles, OfScoreMapsAreErrorsAndNothingWorse) {
  ScoreMap map{{5, 3}, std::vector<float>(15, 0.25F)};
  map.values[7] = 1e30F;
  const Bytes valid = EncodeScoreMap(map);
  ExpectErrorsAtMost(std::string(valid.begin(), valid.end()), FuzzScoreMap);
}

}  // namespace
}  // namespace touchstone
