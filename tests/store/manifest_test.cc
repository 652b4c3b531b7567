#include <functional>
#include <nlohmann/json.hpp>

#include "core/support.h"
#include "store/example_manifest.h"
#include "store/manifest_json.h"
#include "touchstone/store/options_json.h"

namespace touchstone {
namespace {

using Json = nlohmann::ordered_json;

GalleryManifest WithSegments() {
  GalleryManifest manifest = ExampleManifest(5);
  manifest.roi_sha256 = std::string(64, 'd');
  manifest.segments = {{"segments/000000.safetensors", std::string(64, 'c'), 3},
                       {"segments/000001.safetensors", std::string(64, 'd'), 2}};
  return manifest;
}

Json ManifestJson() { return Json::parse(ManifestText(WithSegments())); }

testing::AssertionResult IsRefused(const Json& json, const std::string& part = "") {
  return Refuses(ErrorCode::kGallery, part, [&] {
    ParseManifest(json.dump(-1, ' ', false, Json::error_handler_t::replace), "manifest.json");
  });
}

// Puts `value` at `pointer` and expects a refusal.
testing::AssertionResult IsRefusedWith(const std::string& pointer, const Json& value,
                                       const std::string& part = "") {
  Json json = ManifestJson();
  json.at(Json::json_pointer(pointer)) = value;
  return IsRefused(json, part) << " with " << pointer << " = " << value.dump();
}

TEST(Manifest, BringsBackEveryField) {
  const GalleryManifest written = WithSegments();
  const GalleryManifest read = ParseManifest(ManifestText(written), "manifest.json");
  EXPECT_TRUE(read.options == written.options);
  EXPECT_EQ(ManifestText(read), ManifestText(written));
  EXPECT_EQ(read.preprocessing.crop, written.preprocessing.crop);
  EXPECT_EQ(read.preprocessing.mean, written.preprocessing.mean);
  EXPECT_EQ(read.preprocessing.stddev, written.preprocessing.stddev);
  EXPECT_EQ(read.preprocessing.white_level, 4095);
  EXPECT_EQ(read.extractor.level_shapes, written.extractor.level_shapes);
  EXPECT_EQ(read.extractor.level_names, written.extractor.level_names);
  EXPECT_EQ(read.images[1].bits_per_channel, 16);
  EXPECT_EQ(read.segments[1].num_images, 2U);
  EXPECT_EQ(read.map_scale.high, 2.25);
  EXPECT_EQ(read.roi_sha256, std::string(64, 'd'));
  EXPECT_EQ(read.calibration->evidence, Evidence::kGuarantee);
  EXPECT_EQ(read.calibration->rate, 0.4);
  EXPECT_EQ(read.calibration->retrieval_scores, (std::vector<double>{0.25, 0.75}));
  EXPECT_EQ(read.calibration->map_maxima, (std::vector<double>{1.5, 2.5}));
  EXPECT_EQ(read.calibration->source, "two parts");
}

TEST(Manifest, StatesTheThresholdsForOtherReaders) {
  const Json thresholds = ManifestJson().at("thresholds");
  EXPECT_EQ(thresholds.at("kind"), "guarantee");
  EXPECT_EQ(thresholds.at("images"), 2);
  EXPECT_EQ(thresholds.at("score"), 2.5);
  EXPECT_EQ(thresholds.at("pixel"), 2.5);
}

TEST(Manifest, SaysWhyThereIsNoThreshold) {
  GalleryManifest manifest = WithSegments();
  manifest.calibration->rate = 0.01;
  const Json thresholds = Json::parse(ManifestText(manifest)).at("thresholds");
  EXPECT_TRUE(thresholds.at("score").is_null());
  EXPECT_TRUE(Says(thresholds.at("score_reason"), "2 images cannot promise"));
  EXPECT_TRUE(Says(thresholds.at("pixel_reason"), "2 images cannot promise"));
  EXPECT_EQ(ParseManifest(ManifestText(manifest), "m").calibration->rate, 0.01);
}

// Galleries of the first versions.
TEST(Manifest, MayHaveNoThresholds) {
  GalleryManifest manifest = WithSegments();
  manifest.calibration.reset();
  EXPECT_TRUE(Json::parse(ManifestText(manifest)).at("thresholds").is_null());
  EXPECT_FALSE(ParseManifest(ManifestText(manifest), "m").calibration.has_value());
}

TEST(Manifest, IsRefusedWhereThresholdsAreNotThoseOfTheScores) {
  const std::string of_scores = "not those of the scores";
  EXPECT_TRUE(IsRefusedWith("/thresholds/score", 2.25, of_scores));
  EXPECT_TRUE(IsRefusedWith("/thresholds/pixel", nullptr, of_scores));
  EXPECT_TRUE(IsRefusedWith("/thresholds/images", 3, of_scores));
  EXPECT_TRUE(IsRefusedWith("/thresholds/rate", 0.2, of_scores));
  EXPECT_TRUE(IsRefusedWith("/thresholds/map_maxima", {1, 2, 2.5}, of_scores));
  EXPECT_TRUE(IsRefusedWith("/thresholds/map_maxima", {2.5, 1.5}, "ascending"));
  EXPECT_TRUE(IsRefusedWith("/thresholds/rate", 1, "between 0 and 1"));
  EXPECT_TRUE(IsRefusedWith("/thresholds/kind", "promise", "'promise'"));
  EXPECT_TRUE(IsRefusedWith("/thresholds/kind", "estimate", "it was altered"));
}

TEST(Manifest, MayLookAtAllOfTheImages) {
  GalleryManifest manifest = WithSegments();
  manifest.roi_sha256.clear();
  EXPECT_EQ(ParseManifest(ManifestText(manifest), "m").roi_sha256, "");
}

TEST(Manifest, BringsBackFloat16AndNoCrop) {
  GalleryManifest manifest = WithSegments();
  manifest.dtype = TensorType::kFloat16;
  manifest.preprocessing.crop.reset();
  const GalleryManifest read = ParseManifest(ManifestText(manifest), "manifest.json");
  EXPECT_EQ(read.dtype, TensorType::kFloat16);
  EXPECT_FALSE(read.preprocessing.crop.has_value());
}

TEST(Manifest, ShowsNamesThatAreNotUtf8) {
  GalleryManifest manifest = WithSegments();
  manifest.images[0].path = "\xff.png";
  EXPECT_EQ(ParseManifest(ManifestText(manifest), "m").images[0].path, "\xef\xbf\xbd.png");
}

// Takes away each value in turn, however deep, and puts one of every other type in its place.
void Visit(const Json& json, const Json::json_pointer& place,
           const std::function<void(const Json::json_pointer&)>& look) {
  if (!place.empty()) look(place);
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) Visit(value, place / key, look);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) Visit(json[i], place / i, look);
  }
}

bool MayBeAbsent(const std::string& place) {
  // The first versions wrote no thresholds and knew no --roi; a shorter list of levels is a list of levels
  // too.
  return place == "/thresholds" || place == "/roi" || place == "/options/levels/0" ||
         place == "/options/levels/1";
}

TEST(Manifest, IsRefusedWhereAnyFieldIsMissing) {
  const Json whole = ManifestJson();
  int num_fields = 0;
  Visit(whole, Json::json_pointer(), [&](const Json::json_pointer& place) {
    if (MayBeAbsent(place.to_string())) return;
    Json json = whole;
    Json& parent = json.at(place.parent_pointer());
    if (parent.is_array()) {
      parent.erase(std::stoul(place.back()));
    } else {
      parent.erase(place.back());
    }
    // A level less is a smaller pyramid, and the options no longer fit it.
    EXPECT_TRUE(IsRefused(json)) << "without " << place.to_string();
    ++num_fields;
  });
  EXPECT_GT(num_fields, 60);
}

TEST(Manifest, IsRefusedWhereAnyFieldIsOfAnotherType) {
  const Json whole = ManifestJson();
  const std::vector<Json> others{nullptr, true, "text", Json::array(), Json::object(), -1.5};
  Visit(whole, Json::json_pointer(), [&](const Json::json_pointer& place) {
    for (const Json& other : others) {
      const Json& value = whole.at(place);
      const bool same_type = other.type() == value.type() || (other.is_number() && value.is_number_float());
      const bool no_crop = place.to_string() == "/preprocessing/crop" && other.is_null();
      const bool no_levels = place.to_string() == "/options/levels" && other.is_array();
      const bool no_thresholds = place.to_string() == "/thresholds" && other.is_null();
      const bool no_roi = place.to_string() == "/roi" && other.is_null();
      if (same_type || no_crop || no_levels || no_thresholds || no_roi) continue;
      Json json = whole;
      json.at(place) = other;
      EXPECT_TRUE(IsRefused(json)) << place.to_string() << " = " << other.dump();
    }
  });
}

TEST(Manifest, IsRefusedWhereANumberIsOutOfRange) {
  for (const char* place : {"/options/num_retrieved", "/options/num_neighbors", "/extractor/global_size",
                            "/extractor/levels/0/height", "/images/0/width", "/segments/0/images",
                            "/preprocessing/resize/0", "/preprocessing/crop/1", "/options/levels/0"}) {
    for (const Json& value : std::vector<Json>{0, -1, 1.5, 4294967297, 18446744073709551615U}) {
      EXPECT_TRUE(IsRefusedWith(place, value));
    }
  }
  EXPECT_TRUE(IsRefusedWith("/options/seed", -1));
  EXPECT_TRUE(IsRefusedWith("/options/sigma", 101));
  EXPECT_TRUE(IsRefusedWith("/options/levels/1", 3, "--levels 3"));
  EXPECT_TRUE(IsRefusedWith("/images/0/bits", 12));
  EXPECT_TRUE(IsRefusedWith("/preprocessing/white_level", 0));
  EXPECT_TRUE(IsRefusedWith("/preprocessing/std/2", 0));
  EXPECT_TRUE(IsRefusedWith("/preprocessing/mean/0", 1e300));
  EXPECT_TRUE(IsRefusedWith("/preprocessing/crop/0", 257, "--crop"));
  EXPECT_TRUE(IsRefusedWith("/preprocessing/mean", {0.5, 0.5, 0.5, 0.5}));
  EXPECT_TRUE(IsRefusedWith("/map_scale/low", 2.25));
}

TEST(Manifest, IsRefusedWhereAWordIsUnknown) {
  EXPECT_TRUE(IsRefusedWith("/method", "magic", "'magic'"));
  EXPECT_TRUE(IsRefusedWith("/dtype", "float64", "float64"));
  for (const char* name : {"fusion", "distance", "retrieval", "image_score"}) {
    EXPECT_TRUE(IsRefusedWith(std::string("/options/") + name, "other", "'other'"));
  }
  EXPECT_TRUE(IsRefusedWith("/extractor/sha256", std::string(63, 'a')));
  EXPECT_TRUE(IsRefusedWith("/segments/0/sha256", std::string(64, 'A')));
}

TEST(Manifest, OfAnotherSchemaSaysWhatToDo) {
  EXPECT_TRUE(IsRefusedWith("/schema", "touchstone.gallery/2", "fit the gallery again"));
}

TEST(Manifest, IsRefusedWhereAFileLiesOutsideTheGallery) {
  for (const char* file :
       {"/etc/passwd", "../other/segments/0", "segments/../../x", "segments/..", "segments/.", "segments/",
        "segments", "", "segments//x", "segments/a/b", "x/segments/0"}) {
    EXPECT_TRUE(IsRefusedWith("/segments/0/file", file));
  }
  EXPECT_TRUE(IsRefusedWith("/segments/0/file", std::string("segments/a\0b", 12)));
  EXPECT_TRUE(IsRefusedWith("/extractor/file", "../other.pt"));
  EXPECT_TRUE(IsRefusedWith("/roi/file", "../roi.png"));
}

TEST(Manifest, IsRefusedWhereSegmentsAndImagesDoNotAddUp) {
  EXPECT_TRUE(IsRefusedWith("/segments/0/images", 4, "5 images, its segments hold 6"));
  EXPECT_TRUE(IsRefusedWith("/segments", Json::array()));
  EXPECT_TRUE(IsRefusedWith("/images", Json::array(), "no images"));
}

TEST(Manifest, IsRefusedWhenItIsNoManifest) {
  const std::string whole = ManifestText(WithSegments());
  for (const std::string& text :
       std::vector<std::string>{std::string(), std::string("null"), std::string("[]"), std::string("{}"),
                                std::string(500000, '['), "\xef\xbb\xbf{", whole + "}"}) {
    EXPECT_TRUE(Refuses(ErrorCode::kGallery, "", [&] { ParseManifest(text, "m"); })) << text.substr(0, 20);
  }
  for (std::size_t length = 0; length + 2 < whole.size(); length += 7) {
    ASSERT_TRUE(Refuses(ErrorCode::kGallery, "", [&] { ParseManifest(whole.substr(0, length), "m"); }))
        << length;
  }
}

TEST(Manifest, NamesTheFileInItsErrors) {
  EXPECT_TRUE(Says(ErrorOf([] { ParseManifest("x", "some/manifest.json"); }).what(), "some/manifest.json: "));
}

}  // namespace
}  // namespace touchstone
