#include "touchstone/store/gallery.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "core/support.h"
#include "store/example_manifest.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

ImageFeatures FeaturesOf(int image, const GalleryManifest& manifest) {
  ImageFeatures features;
  const auto value = [&](std::size_t i) {
    return static_cast<float>(image) + 0.5F * static_cast<float>(i % 8);
  };
  for (std::size_t i = 0; i < manifest.extractor.global_size; ++i) features.global.push_back(value(i));
  for (const FeatureShape& shape : manifest.extractor.level_shapes) {
    FeatureMap level{shape, {}};
    for (std::size_t i = 0; i < shape.num_values(); ++i) level.values.push_back(value(i + 1));
    features.pyramid.push_back(level);
  }
  return features;
}

void ExpectFeatures(const ImageFeatures& found, const ImageFeatures& expected) {
  EXPECT_EQ(found.global, expected.global);
  ASSERT_EQ(found.pyramid.size(), expected.pyramid.size());
  for (std::size_t l = 0; l < found.pyramid.size(); ++l) {
    EXPECT_EQ(found.pyramid[l].shape, expected.pyramid[l].shape);
    EXPECT_EQ(found.pyramid[l].values, expected.pyramid[l].values);
  }
}

// A manifest's text with one piece of it replaced, and a digest that goes with it.
std::string AlteredManifest(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  auto json = nlohmann::ordered_json::parse(text);
  json.erase("sha256_of_the_rest");
  const std::string rest = json.dump(1);
  json["sha256_of_the_rest"] = Sha256(rest.data(), rest.size());
  return json.dump(1) + "\n";
}

const std::string kExtractor = "stands for an extractor";

class GalleryTest : public testing::Test {
 protected:
  void SetUp() override { manifest_.extractor.sha256 = Sha256(kExtractor.data(), kExtractor.size()); }
  fs::path gallery() const { return folder_.path() / "gallery"; }

  std::unique_ptr<GalleryWriter> Begin(const std::string& name = "gallery") {
    GalleryManifest heading = manifest_;
    heading.images.clear();
    heading.extractor.sha256.clear();
    auto writer = std::make_unique<GalleryWriter>(folder_.path() / name, heading);
    writer->StoreExtractor(Bytes(kExtractor.begin(), kExtractor.end()));
    return writer;
  }
  void AddAll(GalleryWriter* writer) {
    for (std::size_t i = 0; i < manifest_.images.size(); ++i) {
      writer->Add(manifest_.images[i], FeaturesOf(static_cast<int>(i), manifest_), {0xff, 0xd8});
    }
    writer->FinishSegments();
  }
  void WriteWithRoi(const Mask& roi) {
    const auto writer = Begin();
    writer->SetRoi(roi);
    AddAll(writer.get());
    EXPECT_EQ(writer->OpenUnfinished().roi()->values, roi.values);
    writer->Finish({0.5, 3, "test"}, {});
  }
  void Write(const std::string& name = "gallery") {
    const auto writer = Begin(name);
    AddAll(writer.get());
    writer->Finish({0.5, 3, "test"}, {});
  }
  // Levels so large that a segment of 32 MiB holds two images only.
  void UseLargeLevels() { manifest_.extractor.level_shapes = {{640, 640, 7}, {320, 320, 8}}; }

  TemporaryFolder folder_;
  GalleryManifest manifest_ = ExampleManifest(5);
};

TEST_F(GalleryTest, BringsBackWhatWasWritten) {
  Write();
  const Gallery opened = Gallery::Open(gallery(), GalleryCheck::kDigests);
  ASSERT_EQ(opened.num_images(), 5U);
  EXPECT_EQ(opened.globals().rows, 5U);
  EXPECT_EQ(opened.globals().cols, 3U);
  EXPECT_EQ(opened.level_shapes(), manifest_.extractor.level_shapes);
  EXPECT_EQ(opened.manifest().map_scale.high, 3);
  EXPECT_EQ(opened.sha256(), Sha256OfFile(gallery() / "manifest.json"));
  for (int i = 0; i < 5; ++i) ExpectFeatures(opened.ReadFeatures(i), FeaturesOf(i, manifest_));
  const std::vector<FeatureMap> second = opened.ReadPyramid(4, {2});
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].values, FeaturesOf(4, manifest_).pyramid[1].values);
}

TEST_F(GalleryTest, SplitsFeaturesIntoSegmentsAndFindsThemAgain) {
  UseLargeLevels();
  Write();
  const Gallery opened = Gallery::Open(gallery(), GalleryCheck::kDigests);
  ASSERT_EQ(opened.manifest().segments.size(), 3U);
  EXPECT_EQ(opened.manifest().segments[2].num_images, 1U);
  for (const int i : {0, 1, 2, 4}) {
    EXPECT_EQ(opened.globals().row(i)[0], static_cast<float>(i));
    EXPECT_EQ(opened.ReadPyramid(i, {2})[0].values, FeaturesOf(i, manifest_).pyramid[1].values);
  }
}

TEST_F(GalleryTest, KeepsFloat16InHalfTheSpace) {
  Write("wide");
  manifest_.dtype = TensorType::kFloat16;
  Write();
  // Halves of small whole numbers: float16 holds them exactly.
  ExpectFeatures(Gallery::Open(gallery(), GalleryCheck::kDigests).ReadFeatures(3), FeaturesOf(3, manifest_));
  const char* segment = "segments/000000.safetensors";
  EXPECT_LT(fs::file_size(gallery() / segment), fs::file_size(folder_.path() / "wide" / segment));
}

TEST_F(GalleryTest, IsWrittenTheSameTwice) {
  Write("a");
  Write("b");
  const std::set<std::string> files = FilesBelow(folder_.path() / "a");
  EXPECT_EQ(files, FilesBelow(folder_.path() / "b"));
  EXPECT_EQ(files.count("manifest.json"), 1U);
  for (const std::string& file : files) {
    if (!fs::is_regular_file(folder_.path() / "a" / file)) continue;
    EXPECT_EQ(ReadText(folder_.path() / "a" / file), ReadText(folder_.path() / "b" / file)) << file;
  }
}

TEST_F(GalleryTest, WorksFromAnotherPlace) {
  Write();
  fs::rename(gallery(), folder_.path() / "moved");
  const Gallery opened = Gallery::Open(folder_.path() / "moved", GalleryCheck::kDigests);
  EXPECT_EQ(opened.extractor_file(), folder_.path() / "moved/extractor.pt");
  ExpectFeatures(opened.ReadFeatures(2), FeaturesOf(2, manifest_));
}

TEST_F(GalleryTest, IgnoresWhatTheManifestDoesNotName) {
  Write();
  WriteText(gallery() / "segments/000001.safetensors", "left by a killed run");
  WriteText(gallery() / "segments/.tmp", "");
  WriteText(gallery() / "notes.txt", "mine");
  EXPECT_EQ(Gallery::Open(gallery(), GalleryCheck::kDigests).num_images(), 5U);
}

TEST_F(GalleryTest, IsNoneBeforeItsManifest) {
  const auto writer = Begin();
  AddAll(writer.get());
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "no manifest.json",
                      [&] { Gallery::Open(gallery(), GalleryCheck::kManifest); }));
  const Gallery unfinished = writer->OpenUnfinished();
  EXPECT_EQ(unfinished.num_images(), 5U);
  ExpectFeatures(unfinished.ReadFeatures(4), FeaturesOf(4, manifest_));
}

TEST_F(GalleryTest, ThatIsNotThereSaysHowToMakeOne) {
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "touchstone fit",
                      [&] { Gallery::Open(gallery(), GalleryCheck::kManifest); }));
}

TEST_F(GalleryTest, NamesTheFileThatIsMissingOrAltered) {
  for (const char* file : {"extractor.pt", "segments/000000.safetensors"}) {
    const auto open = [&] { Gallery::Open(gallery(), GalleryCheck::kDigests); };
    fs::remove_all(gallery());
    Write();
    const std::string whole = ReadText(gallery() / file);
    for (const std::string& altered :
         {whole.substr(0, whole.size() - 1), whole + "x", "y" + whole.substr(1)}) {
      WriteText(gallery() / file, altered);
      EXPECT_TRUE(Refuses(ErrorCode::kGallery, std::string(file) + ": was altered", open));
    }
    fs::remove(gallery() / file);
    EXPECT_TRUE(Refuses(ErrorCode::kGallery, std::string(file) + ": is missing", open));
    EXPECT_NO_THROW(Gallery::Open(gallery(), GalleryCheck::kManifest));  // which reads nothing else
  }
}

// Digests do not help against somebody who writes them: the shapes are checked as well.
TEST_F(GalleryTest, RefusesSegmentsOfOtherShapesThanTheManifests) {
  Write();
  const std::string text = ReadText(gallery() / "manifest.json");
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"channels\": 5", "\"channels\": 6"},
                                                        {"\"height\": 4", "\"height\": 5"},
                                                        {"\"global_size\": 3", "\"global_size\": 4"}}) {
    ASSERT_NE(text.find(from), std::string::npos) << from;
    WriteText(gallery() / "manifest.json", AlteredManifest(text, from, to));
    EXPECT_TRUE(Refuses(ErrorCode::kGallery, "has not the shape", [&] {
      Gallery::Open(gallery(), GalleryCheck::kDigests);
    })) << to;
  }
}

// Other options or another mean would give other scores without a word.
TEST_F(GalleryTest, RefusesAManifestThatWasEdited) {
  Write();
  std::string text = ReadText(gallery() / "manifest.json");
  const std::string from = "\"sigma\": ";
  ASSERT_NE(text.find(from), std::string::npos);
  text.replace(text.find(from), from.size(), from + "1");
  WriteText(gallery() / "manifest.json", text);
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "was altered",
                      [&] { Gallery::Open(gallery(), GalleryCheck::kManifest); }));
}

TEST_F(GalleryTest, LeavesTheExtractorToWhoeverLoadsItWhereItIsTold) {
  Write();
  const std::string digest = manifest_.extractor.sha256;
  EXPECT_EQ(Gallery::Open(gallery(), GalleryCheck::kDigests).manifest().extractor.sha256, digest);
  WriteText(gallery() / "extractor.pt", "stands for another");
  const Gallery opened = Gallery::Open(gallery(), GalleryCheck::kAllButExtractor);
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "was altered", [&] { opened.CheckExtractor(); }));
  EXPECT_TRUE(
      Refuses(ErrorCode::kGallery, "was altered", [&] { Gallery::Open(gallery(), GalleryCheck::kDigests); }));
}

TEST_F(GalleryTest, RefusesFeaturesTooLargeForFloat16) {
  manifest_.dtype = TensorType::kFloat16;
  const auto writer = Begin();
  ImageFeatures features = FeaturesOf(0, manifest_);
  features.pyramid[0].values[7] = 1e6F;
  writer->Add(manifest_.images[0], features, {});
  EXPECT_TRUE(Refuses(ErrorCode::kNotFinite, "--dtype float32", [&] { writer->FinishSegments(); }));
}

TEST_F(GalleryTest, MayBeReadFromManyThreads) {
  Write();
  const Gallery opened = Gallery::Open(gallery(), GalleryCheck::kDigests);
  std::vector<float> firsts(200);
  WithThreads(7, [&] {
    ParallelFor(firsts.size(),
                [&](std::size_t i) { firsts[i] = opened.ReadPyramid(i % 5, {1})[0].values[7]; });
  });
  for (std::size_t i = 0; i < firsts.size(); ++i) EXPECT_EQ(firsts[i], static_cast<float>(i % 5));
}

// Of the images' proportions.
const Mask kRoi{{4, 3}, {1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0}};

TEST_F(GalleryTest, BringsBackWhatIsLookedAt) {
  Write();
  EXPECT_FALSE(Gallery::Open(gallery(), GalleryCheck::kDigests).roi().has_value());
  fs::remove_all(gallery());
  WriteWithRoi(kRoi);
  const Gallery opened = Gallery::Open(gallery(), GalleryCheck::kDigests);
  EXPECT_EQ(opened.roi()->values, kRoi.values);
  EXPECT_EQ(opened.roi_sha256(), Sha256OfFile(gallery() / "roi.png"));
  EXPECT_TRUE(opened.HasOwnRoi());
}

TEST_F(GalleryTest, TellsAnotherRegionFromItsOwn) {
  WriteWithRoi(kRoi);
  Gallery opened = Gallery::Open(gallery(), GalleryCheck::kDigests);
  opened.LookAt(kRoi);
  EXPECT_TRUE(opened.HasOwnRoi());
  Mask other = kRoi;
  other.values[2] = 1;
  opened.LookAt(other);
  EXPECT_FALSE(opened.HasOwnRoi());
  EXPECT_EQ(opened.roi()->values, other.values);
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "image 0.png is 640x480", [&] { opened.LookAt({{1, 1}, {1}}); }));
}

TEST_F(GalleryTest, RefusesARegionThatIsMissingAlteredOrUnlikeItsImages) {
  const auto open = [&] { Gallery::Open(gallery(), GalleryCheck::kDigests); };
  WriteWithRoi(kRoi);
  WriteText(gallery() / "roi.png", ReadText(gallery() / "roi.png") + "x");
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "roi.png: was altered", open));
  fs::remove(gallery() / "roi.png");
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "roi.png: is missing", open));
  fs::remove_all(gallery());
  WriteWithRoi({{1, 1}, {1}});
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "proportions", open));
}

TEST(PreviewPath, HasSixDigitsAtLeast) {
  EXPECT_EQ(PreviewPath(7), "previews/000007.jpg");
  EXPECT_EQ(PreviewPath(1234567), "previews/1234567.jpg");
}

}  // namespace
}  // namespace touchstone
