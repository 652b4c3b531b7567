// Against values that Pillow and torchvision gave: scripts/golden/pillow_resize.py.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "fixtures.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/image/resize.h"

namespace touchstone {
namespace {

using nlohmann::json;

const json& Golden() {
  static const json golden = ReadGolden("pillow_resize.json");
  return golden;
}

Size SourceSize(const json& c) { return {c.at("src_width"), c.at("src_height")}; }
Size TargetSize(const json& c) { return {c.at("dst_width"), c.at("dst_height")}; }

std::string Name(const json& c) {
  return std::to_string(SourceSize(c).width) + "x" + std::to_string(SourceSize(c).height) + " to " +
         std::to_string(TargetSize(c).width) + "x" + std::to_string(TargetSize(c).height) + ", channels " +
         c.at("channels").dump();
}

TEST(PillowResize, WasRecordedWithTheVersionThatWePromise) {
  EXPECT_EQ(Golden().at("provenance").at("versions").at("pillow"), "9.4.0");
}

TEST(PillowResize, GivesTheSameBytes) {
  ASSERT_GT(Golden().at("bytes").size(), 40U);
  for (const json& c : Golden().at("bytes")) {
    const auto source = c.at("src").get<std::vector<std::uint8_t>>();
    const PixelView<std::uint8_t> view{source.data(), SourceSize(c), c.at("channels")};
    EXPECT_EQ(ResizeAntialiased(view, TargetSize(c)), c.at("dst").get<std::vector<std::uint8_t>>())
        << Name(c);
  }
}

TEST(PillowResize, GivesTheSameFloats) {
  ASSERT_GT(Golden().at("floats").size(), 15U);
  for (const json& c : Golden().at("floats")) {
    const auto source = c.at("src").get<std::vector<std::uint16_t>>();
    const PixelView<std::uint16_t> view{source.data(), SourceSize(c), c.at("channels")};
    const Size target = TargetSize(c);
    const std::vector<float> resized = ResizeAntialiased(view, c.at("white_level").get<double>(), target,
                                                         {0, 0, target.width, target.height});
    EXPECT_EQ(resized, c.at("dst").get<std::vector<float>>()) << Name(c);
  }
}

TEST(Preprocess, GivesTheSameFloatsAsTorchvision) {
  ASSERT_FALSE(Golden().at("inputs").empty());
  for (const json& c : Golden().at("inputs")) {
    Image image;
    image.size = SourceSize(c);
    Preprocessing preprocessing;
    preprocessing.resize = {c.at("resize").at(0), c.at("resize").at(1)};
    if (!c.at("crop").is_null()) preprocessing.crop = Size{c.at("crop").at(0), c.at("crop").at(1)};
    if (c.at("white_level").is_null()) {
      image.rgb8 = c.at("src").get<std::vector<std::uint8_t>>();
    } else {
      image.bits_per_channel = 16;
      image.rgb16 = c.at("src").get<std::vector<std::uint16_t>>();
      preprocessing.white_level = c.at("white_level");
    }
    EXPECT_EQ(Preprocess(image, preprocessing), c.at("dst").get<std::vector<float>>())
        << "resize " << c.at("resize") << ", crop " << c.at("crop") << ", white level "
        << c.at("white_level");
  }
}

}  // namespace
}  // namespace touchstone
