#include "touchstone/backbone/extractor.h"

#include <limits>

#include "fixtures.h"

namespace touchstone {
namespace {

TEST(ExtractorInfo, TellsRandomWeightsByTheEndOfTheName) {
  ExtractorInfo info;
  for (const char* name : {"resnet18-random", "-random"}) {
    info.name = name;
    EXPECT_TRUE(info.has_random_weights()) << name;
  }
  for (const char* name : {"resnet18", "random", "resnet18-random-2", ""}) {
    info.name = name;
    EXPECT_FALSE(info.has_random_weights()) << name;
  }
}

TEST(Extractor, ReadsTheWholeDescription) {
  const Extractor tiny = Extractor::Load(TinyExtractor("good"));
  const ExtractorInfo& info = tiny.info();
  EXPECT_EQ(info.name, "tiny");
  EXPECT_EQ(info.version, "1");
  EXPECT_EQ(info.license, "none needed");
  EXPECT_EQ(info.weights_source, "none: averages only");
  EXPECT_EQ(info.weights_sha256, std::string(64, '0'));
  EXPECT_EQ(info.mean, (std::array<float, 3>{0.5F, 0.25F, 0.125F}));
  EXPECT_EQ(info.stddev, (std::array<float, 3>{0.25F, 0.5F, 1.0F}));
  ASSERT_EQ(info.levels.size(), 2U);
  EXPECT_EQ(info.levels[1].name, "eighth");
  EXPECT_EQ(info.levels[1].channels, 3);
  EXPECT_EQ(info.levels[1].stride, 8);
  EXPECT_EQ(info.global_size, 3);
  EXPECT_EQ(info.input_multiple, 8);
  EXPECT_EQ(info.default_levels.at("spade"), (std::vector<int>{1, 2}));
  EXPECT_EQ(info.default_levels.at("patchcore"), (std::vector<int>{2}));
}

TEST(ExtractorFile, IsOfTheDigestThatIsAskedFor) {
  const std::filesystem::path path = TinyExtractor("good");
  const std::string digest = Sha256OfFile(path);
  EXPECT_EQ(ExtractorFile::Read(path).Sha256(), digest);
  const ExtractorFile known = ExtractorFile::Read(path, digest);
  EXPECT_EQ(*known.bytes(), ReadFile(path));
  EXPECT_EQ(known.info().name, "tiny");
  const Error error = ErrorOf([&] { ExtractorFile::Read(path, std::string(64, '0')); });
  EXPECT_EQ(error.code, ErrorCode::kModel);
  EXPECT_EQ(error.where, path);
  EXPECT_TRUE(Says(error.message, "its SHA-256 is " + digest)) << error.message;
}

TEST(Extractor, GivesOneLocationPerRowWithXFastest) {
  // Two 8x8 cells side by side, each channel constant in a cell: 10 * channel + cell.
  const Extractor tiny = Extractor::Load(TinyExtractor("good"));
  std::vector<float> image(3 * 8 * 16);
  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::size_t channel = i / 128, cell = i % 16 / 8;
    image[i] = static_cast<float>(10 * channel + cell);
  }
  const ImageFeatures features = tiny.Extract(image, {16, 8});
  EXPECT_EQ(features.global, (std::vector<float>{0.5F, 10.5F, 20.5F}));
  ASSERT_EQ(features.pyramid.size(), 2U);
  EXPECT_EQ(features.pyramid[0].shape, (FeatureShape{2, 4, 3}));
  EXPECT_EQ(features.pyramid[1].shape, (FeatureShape{1, 2, 3}));
  EXPECT_EQ(features.pyramid[1].values, (std::vector<float>{0, 10, 20, 1, 11, 21}));
  EXPECT_EQ(features.pyramid[0].values, (std::vector<float>{0, 10, 20, 0, 10, 20, 1, 11, 21, 1, 11, 21,  //
                                                            0, 10, 20, 0, 10, 20, 1, 11, 21, 1, 11, 21}));
}

TEST(Extractor, TakesAModuleThatTorchSavedInTrainingModeAndWithoutCheckSums) {
  const Size size{24, 16};
  const Extractor plain = Extractor::Load(TinyExtractor("plain_torch_save"));
  const Extractor packed = Extractor::Load(TinyExtractor("good"));
  EXPECT_TRUE(SameBytes(plain.Extract(PatternImage(size), size), packed.Extract(PatternImage(size), size)));
}

TEST(Extractor, PredictsTheShapesThatItDelivers) {
  const Extractor embedded = Extractor::Load(EmbeddedModel());
  for (const Size size : {Size{224, 224}, Size{256, 256}, Size{64, 96}}) {
    const std::vector<FeatureShape> shapes = LevelShapes(embedded.info(), size);
    EXPECT_EQ(shapes, (std::vector<FeatureShape>{FeatureShape{size.height / 4, size.width / 4, 24},
                                                 FeatureShape{size.height / 8, size.width / 8, 40},
                                                 FeatureShape{size.height / 16, size.width / 16, 112}}));
    const ImageFeatures features = embedded.Extract(PatternImage(size), size);
    EXPECT_EQ(features.global.size(), 1280U);
    ASSERT_EQ(features.pyramid.size(), shapes.size());
    for (std::size_t i = 0; i < shapes.size(); ++i) EXPECT_EQ(features.pyramid[i].shape, shapes[i]);
  }
}

TEST(Extractor, RefusesAnInputThatIsNoMultipleAndNamesBoth) {
  const Extractor embedded = Extractor::Load(EmbeddedModel());
  for (const Size size : {Size{224, 225}, Size{100, 224}, Size{0, 224}, Size{-32, 32}}) {
    const Error error = ErrorOf([&] { LevelShapes(embedded.info(), size); });
    EXPECT_EQ(error.code, ErrorCode::kOption);
    const std::string size_text = std::to_string(size.width) + "x" + std::to_string(size.height);
    EXPECT_TRUE(Says(error.message, size_text));
    EXPECT_TRUE(Says(error.message, "multiples of 32"));
    EXPECT_EQ(ErrorOf([&] { embedded.Extract({}, size); }).code, ErrorCode::kOption);
  }
}

TEST(Extractor, RefusesAnInputOfAnotherLengthThanItsSize) {
  const Extractor tiny = Extractor::Load(TinyExtractor("good"));
  const Error error = ErrorOf([&] { tiny.Extract(std::vector<float>(8 * 8), {8, 8}); });
  EXPECT_EQ(error.code, ErrorCode::kShape);
  EXPECT_TRUE(Says(error.message, "64 values"));
  EXPECT_TRUE(Says(error.message, "are 192"));
}

TEST(Extractor, NamesTheLevelThatHoldsNan) {
  const Extractor extractor = Extractor::Load(TinyExtractor("nan_where_bright"));
  std::vector<float> image(3 * 8 * 8, 1.0F);
  EXPECT_NO_THROW(extractor.Extract(image, {8, 8}));
  image[5] = 200.0F;
  const Error error = ErrorOf([&] { extractor.Extract(image, {8, 8}); });
  EXPECT_EQ(error.code, ErrorCode::kNotFinite);
  EXPECT_EQ(error.where, TinyExtractor("nan_where_bright"));
  EXPECT_TRUE(Says(error.message, "pyramid level 2 (eighth) holds 1 values"));
}

TEST(Extractor, NamesTheOutputThatAnInfiniteInputReaches) {
  const Extractor tiny = Extractor::Load(TinyExtractor("good"));
  std::vector<float> image(3 * 8 * 8, 1.0F);
  image[0] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(ErrorOf([&] { tiny.Extract(image, {8, 8}); }).code, ErrorCode::kNotFinite);
}

TEST(Extractor, CanBeMoved) {
  Extractor first = Extractor::Load(TinyExtractor("good"));
  Extractor second = std::move(first);
  first = Extractor::Load(EmbeddedModel());
  EXPECT_EQ(second.info().name, "tiny");
  EXPECT_EQ(first.info().name, "efficientnet_lite0");
}

TEST(BackboneVersions, NameLibTorchAndOneDnn) {
  const std::string versions = BackboneVersions();
  EXPECT_EQ(versions.rfind("LibTorch ", 0), 0U) << versions;
  EXPECT_EQ(versions.find('\n'), std::string::npos) << versions;
  EXPECT_TRUE(Says(versions, ", oneDNN ")) << "every build that Touchstone is meant for has it";
}

}  // namespace
}  // namespace touchstone
