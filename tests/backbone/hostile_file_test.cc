// Files that are no extractors, and extractors that do not keep their own description.
#include <random>

#include "fixtures.h"

namespace touchstone {
namespace {

struct BrokenExtractor {
  std::string name;     // of the file
  std::string message;  // a part of what must be said about it
};

void PrintTo(const BrokenExtractor& broken, std::ostream* out) { *out << broken.name; }

class BrokenExtractorTest : public testing::TestWithParam<BrokenExtractor> {};

TEST_P(BrokenExtractorTest, IsRefusedWithItsReason) {
  const std::filesystem::path file = TinyExtractor(GetParam().name);
  const Error error = ErrorOf([&] { Extractor::Load(file); });
  EXPECT_EQ(error.code, ErrorCode::kModel);
  EXPECT_EQ(error.where, file);
  EXPECT_TRUE(Says(error.message, GetParam().message));
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  EXPECT_LT(error.message.size(), 600U);
}

INSTANTIATE_TEST_SUITE_P(
    Extractor, BrokenExtractorTest,
    testing::Values(
        BrokenExtractor{"no_description", "carries no description (touchstone.json)"},
        BrokenExtractor{"state_dict", "export_extractor.py ARCH -o FILE.pt"},
        BrokenExtractor{"stride_of_zero", "levels[0].stride = 0 must be a whole number from 1 to 1024"},
        BrokenExtractor{"raises", "cannot be run (RuntimeError: shape '[-1, 7]' is invalid"},
        BrokenExtractor{"one_tensor", "returns something else than (List[Tensor] pyramid, Tensor global)"},
        BrokenExtractor{"one_level", "its pyramid has 1 levels, but its description names 2"},
        BrokenExtractor{"flat_level", "pyramid level 2 (eighth) has the shape [1, 216]"},
        BrokenExtractor{"more_channels", "pyramid level 1 (quarter) has the shape [1, 6, 18, 16]"},
        BrokenExtractor{"other_stride", "has the shape [1, 3, 18, 16], but by the description [1, 3, 9, 8]"},
        BrokenExtractor{"transposed", "has the shape [1, 3, 8, 9], but by the description [1, 3, 9, 8]"},
        BrokenExtractor{"fixed_size", "pyramid level 2 (eighth) has the shape [1, 3, 8, 8]"},
        BrokenExtractor{"double", "pyramid level 2 (eighth) is not a dense float32 tensor"},
        BrokenExtractor{"long_global", "the global feature has the shape [1, 6]"},
        BrokenExtractor{"always_nan", "pyramid level 2 (eighth) holds 216 values that are NaN or infinite"}),
    [](const auto& broken) { return broken.param.name; });

TEST(HostileFile, ThatIsMissingIsAnIoError) {
  const Error error = ErrorOf([] { Extractor::Load(TinyExtractor("missing")); });
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_EQ(error.where, TinyExtractor("missing"));
}

std::string MessageFor(const Bytes& bytes) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "extractor.pt";
  WriteFileAtomically(file, bytes);
  const Error error = ErrorOf([&] { Extractor::Load(file); });
  EXPECT_EQ(error.code, ErrorCode::kModel);
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  return error.message;
}

Bytes BytesOf(const std::string& text) { return Bytes(text.begin(), text.end()); }

TEST(HostileFile, OfZeroBytesIsCalledEmpty) { EXPECT_TRUE(Says(MessageFor({}), "the file is empty")); }

TEST(HostileFile, OfAnotherKindIsCalledNoTorchScriptFile) {
  EXPECT_TRUE(
      Says(MessageFor(BytesOf("just a text, long enough to hold any header that somebody might look for")),
           "not a TorchScript file"));
  EXPECT_TRUE(Says(MessageFor(BytesOf("P")), "not a TorchScript file"));
  EXPECT_TRUE(
      Says(MessageFor(BytesOf("PK\x03\x04 and nothing of a zip behind it")), "not a TorchScript file"));
}

TEST(HostileFile, ThatIsAnEmptyZipIsRefused) {
  EXPECT_TRUE(Says(MessageFor(BytesOf(std::string("PK\x05\x06", 4) + std::string(18, '\0'))),
                   "not a TorchScript file"));
}

TEST(HostileFile, CutAtAnyLengthIsRefused) {
  const Bytes whole = ReadFile(TinyExtractor("good"));
  for (std::size_t length = 1; length < whole.size(); length += 13) {
    EXPECT_FALSE(MessageFor(Bytes(whole.begin(), whole.begin() + length)).empty()) << length;
  }
}

/// A flipped bit is noticed, or it lies where it means nothing (time stamps, attributes) and changes nothing.
TEST(HostileFile, WithAFlippedBitIsRefusedOrGivesTheSameFeatures) {
  const Bytes whole = ReadFile(TinyExtractor("good"));
  const std::vector<float> image = PatternImage({16, 24});
  const ImageFeatures expected = Extractor::Load(TinyExtractor("good")).Extract(image, {16, 24});
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "extractor.pt";
  std::mt19937 random(1);
  int num_refused = 0;
  for (int i = 0; i < 300; ++i) {
    Bytes flipped = whole;
    const std::size_t position = random() % whole.size();
    flipped[position] ^= static_cast<std::uint8_t>(1U << random() % 8);
    WriteFileAtomically(file, flipped);
    try {
      EXPECT_TRUE(SameBytes(Extractor::Load(file).Extract(image, {16, 24}), expected)) << "byte " << position;
    } catch (const Error& error) {
      EXPECT_EQ(error.code, ErrorCode::kModel) << error.what();
      ++num_refused;
    }
  }
  EXPECT_GT(num_refused, 150);
}

TEST(HostileFile, WithOneFlippedBitInItsWeightsIsCalledDamaged) {
  Bytes model = ReadFile(EmbeddedModel());
  model[model.size() / 2] ^= 1;
  EXPECT_TRUE(Says(MessageFor(model), "damaged: its contents differ from the check sums"));
}

}  // namespace
}  // namespace touchstone
