#include "touchstone/image/map_file.h"

#include <gtest/gtest.h>
#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "fixtures.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

ScoreMap RandomMap(Size size) {
  std::mt19937 random(static_cast<unsigned>(size.width * 100 + size.height));
  ScoreMap map;
  map.size = size;
  for (int i = 0; i < size.width * size.height; ++i)
    map.values.push_back(static_cast<float>(random()) / 4.0e9F);
  return map;
}

struct TiffKind {
  int bits = 32;
  int format = SAMPLEFORMAT_IEEEFP;
  int samples = 1;
  int compression = COMPRESSION_NONE;
  int predictor = PREDICTOR_NONE;
  const char* mode = "w";  // TIFFOpen's: byte order, BigTIFF
};

// Somebody else's map: one strip a row, written by libtiff as another program would.
template <typename Value>
fs::path WriteTiff(const TemporaryFolder& folder, Size size, const std::vector<Value>& values,
                   const TiffKind& kind) {
  const fs::path file = folder.path() / "foreign.tiff";
  TIFF* tiff = TIFFOpen(file.c_str(), kind.mode);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, size.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, size.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind.format);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
  if (kind.predictor != PREDICTOR_NONE) TIFFSetField(tiff, TIFFTAG_PREDICTOR, kind.predictor);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
  std::vector<Value> copy = values;
  const int row_values = size.width * kind.samples;
  for (int y = 0; y < size.height; ++y) TIFFWriteScanline(tiff, copy.data() + y * row_values, y);
  TIFFClose(tiff);
  return file;
}

// As the formula stands, in double.
float BilinearAt(const ScoreMap& map, Size target, int i, int j) {
  const double x = std::max(0.0, (i + 0.5) * map.size.width / target.width - 0.5);
  const double y = std::max(0.0, (j + 0.5) * map.size.height / target.height - 0.5);
  const auto at = [&](int column, int row) {
    return map
        .values[std::min(row, map.size.height - 1) * map.size.width + std::min(column, map.size.width - 1)];
  };
  const int x0 = static_cast<int>(x);
  const int y0 = static_cast<int>(y);
  return static_cast<float>((1 - (y - y0)) * ((1 - (x - x0)) * at(x0, y0) + (x - x0) * at(x0 + 1, y0)) +
                            (y - y0) * ((1 - (x - x0)) * at(x0, y0 + 1) + (x - x0) * at(x0 + 1, y0 + 1)));
}

constexpr int kSides[] = {1, 2, 3, 7, 8, 9, 31, 32, 33};

TEST(ScoreMapFile, ComesBackBitForBit) {
  const TemporaryFolder folder;
  for (Size size :
       {Size{1, 1}, Size{1, 7}, Size{9, 1}, Size{33, 31}, Size{2000, 300}}) {  // the last: several strips
    ScoreMap map = RandomMap(size);
    map.values.front() = -0.0F;
    map.values.back() = std::numeric_limits<float>::denorm_min();
    const ScoreMap read = ReadScoreMap(folder.Write("map.tiff", EncodeScoreMap(map)));
    EXPECT_EQ(read.size, size);
    ASSERT_EQ(read.values.size(), map.values.size());
    EXPECT_EQ(std::memcmp(read.values.data(), map.values.data(), map.values.size() * sizeof(float)), 0);
  }
}

TEST(ReadScoreMap, ReadsTheNumbersThatOthersWrite) {
  const TemporaryFolder folder;
  const std::vector<float> expected{0, 1, 2, 100, 101, 127};
  const auto read = [&](auto zero, const TiffKind& kind) {
    const std::vector<decltype(zero)> values(expected.begin(), expected.end());
    return ReadScoreMap(WriteTiff(folder, {3, 2}, values, kind)).values;
  };
  EXPECT_EQ(read(float{}, {32, SAMPLEFORMAT_IEEEFP}), expected);
  EXPECT_EQ(read(double{}, {64, SAMPLEFORMAT_IEEEFP}), expected);
  EXPECT_EQ(read(std::uint8_t{}, {8, SAMPLEFORMAT_UINT}), expected);
  EXPECT_EQ(read(std::uint16_t{}, {16, SAMPLEFORMAT_UINT}), expected);
  EXPECT_EQ(read(std::uint32_t{}, {32, SAMPLEFORMAT_UINT}), expected);
  EXPECT_EQ(read(std::int8_t{}, {8, SAMPLEFORMAT_INT}), expected);
  EXPECT_EQ(read(std::int16_t{}, {16, SAMPLEFORMAT_INT}), expected);
  EXPECT_EQ(read(std::int32_t{}, {32, SAMPLEFORMAT_INT}), expected);
}

TEST(ReadScoreMap, ReadsHalfPrecision) {
  const TemporaryFolder folder;
  const std::vector<std::uint16_t> bits{0x3C00, 0xC000, 0x0001, 0x7BFF, 0x3555, 0x8000, 0x0400, 0x03FF};
  const ScoreMap map = ReadScoreMap(WriteTiff(folder, {8, 1}, bits, {16, SAMPLEFORMAT_IEEEFP}));
  EXPECT_EQ(map.values, (std::vector<float>{1.0F, -2.0F, 0x1p-24F, 65504.0F, 0.333251953125F, -0.0F, 0x1p-14F,
                                            1023 * 0x1p-24F}));
}

TEST(ReadScoreMap, ReadsCompressedMaps) {
  const TemporaryFolder folder;
  const ScoreMap map = RandomMap({33, 9});
  for (int compression : {COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS}) {
    EXPECT_EQ(ReadScoreMap(WriteTiff(folder, map.size, map.values, {32, SAMPLEFORMAT_IEEEFP, 1, compression}))
                  .values,
              map.values);
  }
  const TiffKind predicted{32, SAMPLEFORMAT_IEEEFP, 1, COMPRESSION_LZW, PREDICTOR_FLOATINGPOINT};
  EXPECT_EQ(ReadScoreMap(WriteTiff(folder, map.size, map.values, predicted)).values, map.values);
}

TEST(ReadScoreMap, ReadsBothByteOrdersAndBigTiff) {
  const TemporaryFolder folder;
  const ScoreMap map = RandomMap({7, 5});
  for (const char* mode : {"wl", "wb", "w8", "wb8"}) {
    TiffKind kind;
    kind.mode = mode;
    EXPECT_EQ(ReadScoreMap(WriteTiff(folder, map.size, map.values, kind)).values, map.values) << mode;
  }
}

TEST(ReadScoreMap, NamesThePlaceOfAValueThatIsNotFinite) {
  const TemporaryFolder folder;
  ScoreMap map = RandomMap({5, 4});
  map.values[13] = std::nanf("");
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", EncodeScoreMap(map))), ErrorCode::kNotFinite,
               "map.tiff: its value at (x = 3, y = 2) is not a number");
  map.values[4] = -std::numeric_limits<float>::infinity();
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", EncodeScoreMap(map))), ErrorCode::kNotFinite,
               "(x = 4, y = 0) is infinite");
  const std::vector<double> huge{1.0, 1e300};
  EXPECT_ERROR(ReadScoreMap(WriteTiff(folder, {2, 1}, huge, {64, SAMPLEFORMAT_IEEEFP})),
               ErrorCode::kNotFinite, "(x = 1, y = 0) is infinite");
}

TEST(ReadScoreMap, RefusesWhatIsNoMap) {
  const TemporaryFolder folder;
  EXPECT_ERROR(ReadScoreMap(folder.path() / "gone.tiff"), ErrorCode::kIo, "gone.tiff");
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", ReadFormat("rgb.png"))), ErrorCode::kImage,
               "is not a TIFF");
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", {})), ErrorCode::kImage, "is not a TIFF");
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", ReadFormat("rgb_lzw.tif"))), ErrorCode::kImage,
               "3 channel");
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", ReadFormat("black_and_white.tif"))), ErrorCode::kImage,
               "1 bits");
  EXPECT_ERROR(ReadScoreMap(folder.Write("map.tiff", ReadFormat("palette.tif"))), ErrorCode::kImage,
               "score map");
}

TEST(ReadMask, TakesAnyColourButBlackForDefective) {
  const TemporaryFolder folder;
  for (const std::string& name : std::vector<std::string>{
           "gray.png", "gray_1bit.png", "rgb.png", "palette.png", "gray_16bit.png", "rgba.png",
           "black_and_white.tif", "raw.pbm", "rgb_16bit.png", "gray_maxval_2.pgm"}) {
    const std::vector<nlohmann::json> described = DescribedFormats("images");
    const auto image = std::find_if(described.begin(), described.end(),
                                    [&](const nlohmann::json& c) { return c.at("file") == name; });
    const auto rgb = image->at("rgb").get<std::vector<int>>();
    const Mask mask = ReadMask(folder.Write("mask.png", ReadFormat(name)));
    ASSERT_EQ(mask.values.size() * 3, rgb.size()) << name;
    for (std::size_t i = 0; i < mask.values.size(); ++i) {
      EXPECT_EQ(mask.values[i], rgb[3 * i] + rgb[3 * i + 1] + rgb[3 * i + 2] > 0 ? 1 : 0)
          << name << " pixel " << i;
    }
  }
}

TEST(ReadMask, SeesTheSmallestValueInASingleChannel) {
  const TemporaryFolder folder;
  Image image;
  image.size = {4, 1};
  image.rgb8 = {0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0};
  EXPECT_EQ(ReadMask(folder.Write("mask.png", EncodePng(image, 1))).values,
            (std::vector<std::uint8_t>{0, 1, 1, 0}));
  image.bits_per_channel = 16;
  image.rgb16.assign(image.rgb8.begin(), image.rgb8.end());
  EXPECT_EQ(ReadMask(folder.Write("mask.png", EncodePng(image, 1))).values,
            (std::vector<std::uint8_t>{0, 1, 1, 0}));
}

TEST(ResizeMap, EqualsTheFormula) {
  for (int from : kSides) {
    for (int to : kSides) {
      for (const auto& [source, target] :
           {std::pair{Size{from, 5}, Size{to, 9}}, {Size{4, from}, Size{3, to}}}) {
        const ScoreMap map = RandomMap(source);
        const ScoreMap resized = ResizeMap(map, target);
        ASSERT_EQ(resized.size, target);
        for (int y = 0; y < target.height; ++y) {
          for (int x = 0; x < target.width; ++x) {
            ASSERT_NEAR(resized.values[y * target.width + x], BilinearAt(map, target, x, y), 1e-6)
                << from << " " << to;
          }
        }
      }
    }
  }
}

TEST(ResizeMap, EqualsTorchsInterpolate) {
  const nlohmann::json golden = ReadGolden("primitives.json");
  ASSERT_FALSE(golden.at("bilinear").empty());
  for (const nlohmann::json& c : golden.at("bilinear")) {
    ScoreMap map;
    map.size = {c.at("from").at("width"), c.at("from").at("height")};
    map.values = c.at("from").at("values").get<std::vector<float>>();
    const auto expected = c.at("to").at("values").get<std::vector<double>>();
    const ScoreMap resized = ResizeMap(map, {c.at("to").at("width"), c.at("to").at("height")});
    ASSERT_EQ(resized.values.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(resized.values[i], expected[i], 1e-6);
  }
}

TEST(ResizeMap, KeepsAConstantMapExactly) {
  ScoreMap map;
  map.size = {7, 5};
  map.values.assign(35, 0.3F);
  for (float v : ResizeMap(map, {40, 33}).values) EXPECT_NEAR(v, 0.3F, 6e-8F);
}

TEST(ResizeMaskNearest, TakesTheValueUnderEachCentre) {
  Mask mask;
  mask.size = {4, 2};
  mask.values = {1, 0, 0, 1, 0, 1, 0, 0};
  EXPECT_EQ(ResizeMaskNearest(mask, {2, 1}).values, (std::vector<std::uint8_t>{1, 0}));  // (1, 1) and (3, 1)
  EXPECT_EQ(ResizeMaskNearest(mask, {8, 2}).values,
            (std::vector<std::uint8_t>{1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(ResizeMaskNearest(mask, {4, 2}).values, mask.values);
  EXPECT_EQ(ResizeMaskNearest(mask, {3, 1}).values,
            (std::vector<std::uint8_t>{0, 0, 0}));  // columns 0, 2, 3 of row 1
}

TEST(ResizeMap, CallsATargetWithoutPixelsABug) {
  EXPECT_THROW(ResizeMap(RandomMap({2, 2}), {0, 3}), std::logic_error);
  EXPECT_THROW(ResizeMaskNearest({{1, 1}, {1}}, {3, 0}), std::logic_error);
}

}  // namespace
}  // namespace touchstone
