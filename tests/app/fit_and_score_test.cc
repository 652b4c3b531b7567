// Fit and Score as a whole, with an extractor that only averages pixels.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "app/run.h"
#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/image/encode.h"
#include "touchstone/image/map_file.h"
#include "touchstone/knn/ivfpq.h"
#include "touchstone/store/gallery.h"
#include "touchstone/store/model_file.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

class FitAndScore : public testing::Test {
 protected:
  fs::path At(const std::string& name) const { return folder_.path() / name; }

  void Draw(const std::string& name, int seed, Size size = {40, 32}, int bits = 8) const {
    Image image{size, bits, {}, {}, false};
    const int num_values = size.width * size.height * 3;
    for (int i = 0; i < num_values; ++i) {
      const int value = 100 + (i / 3 % size.width) * 2 + (i * 31 + seed * 17) % 23;
      if (bits == 8) {
        image.rgb8.push_back(static_cast<std::uint8_t>(value));
      } else {
        image.rgb16.push_back(static_cast<std::uint16_t>(value * 256));
      }
    }
    fs::create_directories(At(name).parent_path());
    WriteFileAtomically(At(name), EncodePng(image, 1));
  }
  void DrawTrainingImages(int count) const {
    for (int i = 0; i < count; ++i) Draw("train/" + std::to_string(i) + ".png", i);
  }
  FitOptions Fitting() const { return SmallFit(folder_.path()); }
  ScoreOptions Scoring() const { return SmallScore(folder_.path()); }
  std::map<std::string, std::string> Contents(const std::string& name) const {
    std::map<std::string, std::string> contents;
    for (const std::string& file : FilesBelow(At(name))) {
      if (fs::is_regular_file(At(name) / file)) contents[file] = ReadText(At(name) / file);
    }
    return contents;
  }

  TemporaryFolder folder_;
  RecordingSink sink_;
};

TEST_F(FitAndScore, WritesAGalleryOfAllImages) {
  DrawTrainingImages(5);
  const FitSummary summary = RunFit(Fitting());
  EXPECT_EQ(summary.num_images, 5U);
  EXPECT_TRUE(summary.failed.empty());
  EXPECT_FALSE(summary.interrupted);
  const Gallery gallery = Gallery::Open(At("gallery"), GalleryCheck::kDigests);
  ASSERT_EQ(gallery.num_images(), 5U);
  EXPECT_EQ(gallery.manifest().images[3].path, "3.png");
  EXPECT_EQ(gallery.manifest().images[3].sha256, Sha256OfFile(At("train/3.png")));
  EXPECT_EQ(gallery.manifest().options.levels, (std::vector<int>{1, 2}));  // the extractor's default
  EXPECT_LT(gallery.manifest().map_scale.low, gallery.manifest().map_scale.high);
  EXPECT_EQ(FilesBelow(folder_.path()).count(".gallery"), 0U);
}

TEST_F(FitAndScore, AModelIsAsLargeAsWasReckonedBeforehand) {
  DrawTrainingImages(4);
  const struct {
    Method method;
    int dims;
    BankIndex search;
  } cases[] = {{Method::kSpade, 0, BankIndex::kExact},
               {Method::kPatchCore, 0, BankIndex::kExact},
               {Method::kPatchCore, 0, BankIndex::kIvfPq},
               {Method::kPadim, 3, BankIndex::kExact},
               {Method::kPadim, 6, BankIndex::kExact}};
  for (const auto& [method, dims, search] : cases) {
    if (search == BankIndex::kIvfPq && !HasIvfPq()) continue;
    FitOptions options = Fitting();
    options.force = true;
    options.scoring.method = method;
    options.scoring.search = search;
    options.scoring.levels = {1, 2};
    options.scoring.coreset = 0.5;
    options.scoring.dims = dims;
    ASSERT_EQ(RunFit(options).num_images, 4U);
    const Gallery gallery = Gallery::Open(At("gallery"), GalleryCheck::kDigests);
    const std::uint64_t reckoned = ModelBytes(gallery.manifest(), 4);
    if (method == Method::kSpade) {
      EXPECT_EQ(reckoned, 0U);
      continue;
    }
    const std::uintmax_t written = fs::file_size(At("gallery/segments/model.safetensors"));
    EXPECT_NEAR(static_cast<double>(reckoned), static_cast<double>(written), 700)
        << static_cast<int>(method) << " " << dims;
    EXPECT_GT(written, 2500U);
  }
  if (!HasIvfPq()) GTEST_SKIP() << "ivfpq alone: built without faiss";
}

TEST_F(FitAndScore, GivesTheSameGalleryForAnyNumberOfThreads) {
  DrawTrainingImages(6);
  std::map<std::string, std::string> expected;
  for (const int threads : {1, 2, 7}) {
    FitOptions options = Fitting();
    options.force = threads > 1;
    RunFit(options, threads);
    if (threads == 1) expected = Contents("gallery");
    EXPECT_EQ(Contents("gallery"), expected) << threads;
  }
}

TEST_F(FitAndScore, WorksFromASingleNormalImage) {
  DrawTrainingImages(1);
  RunFit(Fitting());
  Draw("test/good/1.png", 9);
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  ASSERT_EQ(summary.results.images.size(), 1U);
  EXPECT_GT(summary.results.images[0].score.value(), 0);
}

TEST_F(FitAndScore, LeavesOutNormalImagesThatCannotBeRead) {
  DrawTrainingImages(2);
  WriteText(At("train/broken.png"), "no picture");
  const FitSummary summary = RunFit(Fitting());
  EXPECT_EQ(summary.num_images, 2U);
  ASSERT_EQ(summary.failed.size(), 1U);
  EXPECT_EQ(summary.failed[0].path, "broken.png");
}

TEST_F(FitAndScore, LeavesNoGalleryWhereNothingCouldBeRead) {
  WriteText(At("train/broken.png"), "no picture");
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "of 1 image none could be read", [&] { RunFit(Fitting()); }));
  EXPECT_EQ(FilesBelow(folder_.path()), (std::set<std::string>{"train", "train/broken.png"}));
}

TEST_F(FitAndScore, LeavesNoGalleryAfterAnInterruption) {
  DrawTrainingImages(8);
  RecordingSink stopping(3);
  const FitSummary summary = Fit(Fitting(), stopping);
  EXPECT_TRUE(summary.interrupted);
  EXPECT_FALSE(fs::exists(At("gallery")));
  for (const std::string& file : FilesBelow(folder_.path()))
    EXPECT_EQ(file.compare(0, 5, "train"), 0) << file;
}

TEST_F(FitAndScore, RefusesToReplaceTheFolderOfItsOwnInputs) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  FitOptions options = Fitting();
  options.force = true;
  options.input = At("gallery/previews");
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "would be lost", [&] { RunFit(options); }));
  Draw("test/1.png", 1);
  RunScore(Scoring(), &sink_);
  ScoreOptions scoring = Scoring();
  scoring.force = true;
  scoring.inputs = {At("results/heatmaps").string()};
  EXPECT_TRUE(Refuses(ErrorCode::kUsage, "would be lost", [&] { RunScore(scoring, &sink_); }));
  EXPECT_TRUE(fs::exists(At("results/heatmaps/1.png")));
}

TEST_F(FitAndScore, HandsResultsOverInOrderAndFillsTheFolder) {
  DrawTrainingImages(4);
  RunFit(Fitting());
  for (int i = 0; i < 12; ++i) Draw("test/good/" + std::to_string(i) + ".png", 50 + i);
  std::vector<std::string> handed_over;
  const ScoreSummary summary = RunScore(Scoring(), &sink_, 7, &handed_over);
  ASSERT_EQ(handed_over.size(), 12U);
  EXPECT_TRUE(std::is_sorted(handed_over.begin(), handed_over.end()));
  EXPECT_TRUE(summary.results.complete);
  const auto contents = Contents("results");
  EXPECT_EQ(contents.size(), 3U + 12 + 12 + 24);  // the three reports, maps, heat maps, thumbnails
  const ScoreMap map = ReadScoreMap(At("results/maps/good/7.tiff"));
  EXPECT_EQ(map.size, (Size{40, 32}));
  const Results results = ReadResults(At("results"));
  for (const ImageResult& image : results.images) {
    EXPECT_EQ(image.score, image.map_max);
    EXPECT_EQ(image.verdict, "undecided");
    EXPECT_EQ(image.label, "good");
  }
  EXPECT_EQ(*std::max_element(map.values.begin(), map.values.end()),
            static_cast<float>(*results.images[9].map_max));  // "good/7.png" in byte order
  EXPECT_EQ(results.images[9].path, "good/7.png");
}

TEST_F(FitAndScore, GivesTheSameResultsForAnyNumberOfThreads) {
  DrawTrainingImages(4);
  RunFit(Fitting());
  for (int i = 0; i < 8; ++i) Draw("test/good/" + std::to_string(i) + ".png", 50 + i);
  WriteText(At("test/good/broken.png"), "no picture");
  std::map<std::string, std::string> expected;
  for (const int threads : {1, 2, 7}) {
    ScoreOptions options = Scoring();
    options.force = threads > 1;
    options.scoring.retrieval = Retrieval::kRandom;
    options.scoring.num_retrieved = 2;
    RunScore(options, &sink_, threads);
    if (threads == 1) expected = Contents("results");
    EXPECT_EQ(Contents("results"), expected) << threads;
  }
}

TEST_F(FitAndScore, RecordsAnImageThatFailsAndGoesOn) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  Draw("test/good/1.png", 5);
  WriteText(At("test/good/broken.png"), "no picture");
  const ScoreSummary summary = RunScore(Scoring(), &sink_);
  EXPECT_EQ(summary.num_failed, 1U);
  EXPECT_EQ(summary.results.images[1].error_code, "image");
  EXPECT_TRUE(sink_.Warned("good/broken.png"));
  EXPECT_FALSE(fs::exists(At("results/maps/good/broken.tiff")));
  EXPECT_TRUE(Says(ReadText(At("results/scores.csv")), "good/broken.png,,,,,,"));
}

TEST_F(FitAndScore, KeepsAValidFolderAfterAnInterruption) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  for (int i = 0; i < 20; ++i) Draw("test/" + std::to_string(i) + ".png", 50 + i);
  RecordingSink stopping(3);
  const ScoreSummary summary = RunScore(Scoring(), &stopping, 2);
  EXPECT_TRUE(summary.interrupted);
  const Results results = ReadResults(At("results"));
  EXPECT_FALSE(results.complete);
  EXPECT_GE(results.images.size(), 3U);
  EXPECT_LT(results.images.size(), 20U);
}

TEST_F(FitAndScore, ReadsPathsFromAStream) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  Draw("photos/b.png", 5);
  Draw("photos/a.png", 6);
  const std::string b = At("photos/b.png"), a = At("photos/a.png");
  const std::string missing = At("photos/missing.png");
  std::istringstream paths(b + "\n\n" + a + "\r\n" + missing + "\n../x.png\n" + b);
  ScoreOptions options = Scoring();
  options.inputs = {"-"};
  options.paths = &paths;
  std::vector<std::string> handed_over;
  const ScoreSummary summary = RunScore(options, &sink_, 2, &handed_over);
  EXPECT_EQ(handed_over, (std::vector<std::string>{b.substr(1), a.substr(1), missing.substr(1), "../x.png",
                                                   b.substr(1)}));  // in order of arrival
  EXPECT_EQ(summary.num_scored, 3U);
  EXPECT_EQ(summary.num_failed, 2U);
  EXPECT_EQ(summary.results.images.size(), 4U);
  EXPECT_TRUE(fs::exists(At("results/maps") / (a.substr(1, a.size() - 5) + ".tiff")));
  const auto by_path = [](const ImageResult& x, const ImageResult& y) { return x.path < y.path; };
  EXPECT_TRUE(std::is_sorted(summary.results.images.begin(), summary.results.images.end(), by_path));
}

TEST_F(FitAndScore, WarnsOfImagesThatDoNotFitTheGallery) {
  DrawTrainingImages(3);
  RunFit(Fitting());
  fs::create_directories(At("test"));
  fs::copy_file(At("train/1.png"), At("test/own.png"));
  Draw("test/plain.png", 9);
  Draw("test/size.png", 9, {41, 32});
  Draw("test/deep.png", 9, {40, 32}, 16);
  RunScore(Scoring(), &sink_);
  ASSERT_EQ(sink_.warnings.size(), 4U);
  EXPECT_TRUE(sink_.Warned("3 images cannot promise"));
  EXPECT_TRUE(sink_.Warned("among the gallery's own"));
  EXPECT_TRUE(sink_.Warned("of a size that no gallery image has"));
  EXPECT_TRUE(sink_.Warned("of a bit depth that no gallery image has"));
  for (const char* name : {": own.png", ": size.png", ": deep.png"}) EXPECT_TRUE(sink_.Warned(name));
  EXPECT_EQ(ReadResults(At("results")).warnings, sink_.warnings);
}

TEST_F(FitAndScore, WarnsOfALargeKOnlyWhereItWasGiven) {
  DrawTrainingImages(3);
  RunFit(Fitting());
  Draw("test/1.png", 9);
  EXPECT_EQ(RunScore(Scoring(), &sink_).results.options.num_retrieved, 3);
  EXPECT_FALSE(sink_.Warned("--num-retrieved"));
  ScoreOptions options = Scoring();
  options.force = true;
  options.scoring.num_retrieved = 4;
  RunScore(options, &sink_);
  EXPECT_TRUE(sink_.Warned("--num-retrieved 4"));
}

TEST_F(FitAndScore, ChecksEverythingBeforeTheFirstImage) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  Draw("test/1.png", 9);
  const auto refuses = [&](ErrorCode code, const std::string& part, const ScoreOptions& options) {
    RecordingSink sink;
    const auto result = Refuses(code, part, [&] { RunScore(options, &sink); });
    EXPECT_EQ(sink.num_items, 0) << part;
    EXPECT_FALSE(fs::exists(At("results"))) << part;
    return result;
  };
  ScoreOptions options = Scoring();
  options.scoring.num_retrieved = 0;
  EXPECT_TRUE(refuses(ErrorCode::kOption, "--num-retrieved 0", options));
  options = Scoring();
  options.scoring.levels = {3};
  EXPECT_TRUE(refuses(ErrorCode::kOption, "--levels 3", options));
  options = Scoring();
  options.scoring.num_neighbors = 100000;
  EXPECT_TRUE(refuses(ErrorCode::kOption, "--num-neighbors 100000", options));
  options = Scoring();
  options.gallery = At("nowhere");
  EXPECT_TRUE(refuses(ErrorCode::kUsage, "no such gallery", options));
  options = Scoring();
  options.maps_dir = At("train");
  EXPECT_TRUE(refuses(ErrorCode::kUsage, "--maps", options));
}

TEST_F(FitAndScore, ChecksThatMapsCanBeWrittenBeforeTheFirstImage) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  Draw("test/1.png", 9);
  ScoreOptions options = Scoring();
  options.maps_dir = At("train/0.png/maps");
  EXPECT_TRUE(Refuses(ErrorCode::kIo, "cannot be created", [&] { RunScore(options, &sink_); }));
  EXPECT_EQ(sink_.num_items, 0);
}

TEST_F(FitAndScore, PutsMapsWhereItIsTold) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  Draw("test/good/1.png", 9);
  ScoreOptions options = Scoring();
  options.maps_dir = At("elsewhere/part/test");
  options.write_heatmaps = false;
  RunScore(options, &sink_);
  EXPECT_TRUE(fs::exists(At("elsewhere/part/test/good/1.tiff")));
  EXPECT_EQ(Contents("results").size(), 3U);
  EvaluateOptions evaluating;
  evaluating.results = At("results");
  EXPECT_EQ(Evaluate(evaluating, sink_).objects.begin()->second.overall.num_normal, 1U);
}

TEST_F(FitAndScore, RefusesAnAlteredGallery) {
  DrawTrainingImages(2);
  RunFit(Fitting());
  Draw("test/1.png", 9);
  const fs::path segment = At("gallery/segments/000000.safetensors");
  std::string bytes = ReadText(segment);
  bytes[bytes.size() - 1] ^= 1;
  WriteText(segment, bytes);
  EXPECT_TRUE(Refuses(ErrorCode::kGallery, "was altered", [&] { RunScore(Scoring(), &sink_); }));
}

TEST(Apply, ReplacesOnlyWhatIsGiven) {
  ScoringOverrides overrides;
  const ScoringOptions plain;
  EXPECT_TRUE(Apply(overrides, plain) == plain);
  overrides.num_retrieved = 3;
  overrides.num_neighbors = 2;
  overrides.sigma = 1;
  overrides.fusion = Fusion::kPerLevel;
  overrides.distance = Distance::kL2;
  overrides.levels = std::vector<int>{2};
  overrides.retrieval = Retrieval::kRandom;
  overrides.image_score = ImageScore::kRetrieval;
  overrides.seed = 7;
  ScoringOptions all = plain;
  all.num_retrieved = 3;
  all.num_neighbors = 2;
  all.sigma = 1;
  all.fusion = Fusion::kPerLevel;
  all.distance = Distance::kL2;
  all.levels = {2};
  all.retrieval = Retrieval::kRandom;
  all.image_score = ImageScore::kRetrieval;
  all.seed = 7;
  EXPECT_TRUE(Apply(overrides, plain) == all);
}

}  // namespace
}  // namespace touchstone
