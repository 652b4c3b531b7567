#include "touchstone/image/reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fixtures.h"

namespace touchstone {
namespace {

template <typename Value>
std::vector<int> ToInts(const std::vector<Value>& values) {
  return {values.begin(), values.end()};
}

std::vector<int> Pixels(const Image& image) {
  return image.bits_per_channel == 8 ? ToInts(image.rgb8) : ToInts(image.rgb16);
}

void PutLittleEndian(Bytes& file, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) file.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
}

TEST(DecodeImage, GivesThePixelsThatPillowGives) {
  for (const nlohmann::json& expected : DescribedFormats("images")) {
    const std::string name = expected.at("file");
    SCOPED_TRACE(name);
    const Image image = DecodeImage(ReadFormat(name), name);
    EXPECT_EQ(image.size.width, expected.at("width"));
    EXPECT_EQ(image.size.height, expected.at("height"));
    EXPECT_EQ(image.bits_per_channel, expected.at("bits"));
    EXPECT_EQ(Pixels(image), expected.at("rgb").get<std::vector<int>>());
  }
}

TEST(DecodeImage, FillsExactlyTheBufferOfItsDepth) {
  const Image narrow = DecodeImage(ReadFormat("rgb.png"), "");
  EXPECT_TRUE(narrow.rgb16.empty());
  EXPECT_EQ(narrow.rgb8.size(), 11U * 6 * 3);
  const Image wide = DecodeImage(ReadFormat("rgb_16bit.png"), "");
  EXPECT_TRUE(wide.rgb8.empty());
  EXPECT_EQ(wide.rgb16.size(), 11U * 6 * 3);
}

TEST(DecodeImage, SaysWhereAnOrientationIsStored) {
  for (const nlohmann::json& expected : DescribedFormats("images")) {
    const std::string name = expected.at("file");
    EXPECT_EQ(DecodeImage(ReadFormat(name), name).has_exif_orientation, expected.at("turned")) << name;
  }
}

TEST(DecodeImage, RefusesKindsThatItDoesNotReadAndSaysWhich) {
  for (const nlohmann::json& refused : DescribedFormats("refused")) {
    const std::string name = refused.at("file");
    SCOPED_TRACE(name);
    EXPECT_ERROR(DecodeImage(ReadFormat(name), name), ErrorCode::kImage,
                 refused.at("because").get<std::string>());
  }
}

TEST(DecodeImage, NamesTheFormatsWhereTheContentIsNone) {
  const std::string text = "GIF89a and whatever follows";
  EXPECT_ERROR(
      DecodeImage(Bytes(text.begin(), text.end()), "part.png"), ErrorCode::kImage,
      "part.png: is not an image of a known format: PNG, JPEG, BMP, TIFF, WebP and PGM/PPM/PBM are read");
}

TEST(DecodeImage, RefusesAnEmptyFile) {
  EXPECT_ERROR(DecodeImage({}, "empty.png"), ErrorCode::kImage, "empty.png: is an empty file");
}

TEST(DecodeImage, RefusesBareSignatures) {
  using namespace std::string_literals;
  for (const std::string& signature :
       {"\x89PNG\r\n\x1a\n"s, "\xff\xd8\xff"s, "BM"s, "II*\0"s, "MM\0*"s, "II+\0"s, "RIFF\0\0\0\0WEBP"s,
        "RIFF\4\0\0\0WEBP"s, "P5 "s, "P6#"s, "P1\n1 1"s}) {
    EXPECT_ERROR(DecodeImage(Bytes(signature.begin(), signature.end()), "x"), ErrorCode::kImage, "damaged");
  }
}

TEST(DecodeImage, RefusesHugeHeadersBeforeItAllocates) {
  Bytes bmp = ReadFormat("rgb.bmp");
  PutLittleEndian(bmp, 18, 1 << 19);
  PutLittleEndian(bmp, 22, 1 << 19);
  EXPECT_ERROR(DecodeImage(bmp, "x"), ErrorCode::kImage, "is 524288x524288 pixels");
  const std::string pgm = "P5 1048577 1 255 ";
  EXPECT_ERROR(DecodeImage(Bytes(pgm.begin(), pgm.end()), "x"), ErrorCode::kImage, "is 1048577x1 pixels");
  const std::string zero = "P5 0 4 255 ";
  EXPECT_ERROR(DecodeImage(Bytes(zero.begin(), zero.end()), "x"), ErrorCode::kImage, "is 0x4 pixels");
  const std::string claim = "P6 16000 16000 255 only these bytes";
  EXPECT_ERROR(DecodeImage(Bytes(claim.begin(), claim.end()), "x"), ErrorCode::kImage, "fewer bytes");
}

TEST(DecodeImage, RefusesAPngHeaderThatItsBytesCannotFill) {
  // 16000x16000 RGB with a valid checksum, then the data of a tiny image.
  const Bytes original = ReadFormat("rgb.png");
  Bytes file(original.begin(), original.begin() + 8);
  const Bytes header{0, 0, 0, 13, 'I', 'H', 'D', 'R', 0, 0, 0x3E, 0x80, 0, 0, 0x3E, 0x80, 8, 2, 0, 0, 0};
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::size_t i = 4; i < header.size(); ++i) {
    crc ^= header[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  crc = ~crc;
  file.insert(file.end(), header.begin(), header.end());
  for (int shift : {24, 16, 8, 0}) file.push_back(static_cast<std::uint8_t>(crc >> shift));
  file.insert(file.end(), original.begin() + 33, original.end());
  EXPECT_ERROR(DecodeImage(file, "x"), ErrorCode::kImage, "fewer bytes than the image needs");
}

TEST(DecodeImage, RefusesAJpegHeaderThatItsBytesCannotFill) {
  Bytes file = ReadFormat("rgb.jpg");
  const Bytes frame{0xFF, 0xC0, 0x00, 0x11, 0x08};  // then height and width
  const auto at = std::search(file.begin(), file.end(), frame.begin(), frame.end()) + 5;
  for (int i = 0; i < 4; ++i) at[i] = 0x3F;
  EXPECT_ERROR(DecodeImage(file, "x"), ErrorCode::kImage, "fewer bytes than the image needs");
}

TEST(DecodeImage, RefusesATiffWithTilesThatDwarfIt) {
  Bytes file = ReadFormat("rgb_tiles.tif");
  const Bytes tile_width{0x42, 0x01, 0x03, 0x00, 0x01,
                         0x00, 0x00, 0x00, 0x10, 0x00};  // tag 322, short, 1 value: 16
  const auto at = std::search(file.begin(), file.end(), tile_width.begin(), tile_width.end());
  at[9] = 0x20;       // 8208
  at[12 + 9] = 0x20;  // of tag 323, the height
  EXPECT_ERROR(DecodeImage(file, "x"), ErrorCode::kImage, "its tiles are far larger than its image");
}

TEST(DecodeImage, GivesBlackForABmpPixelBehindThePalette) {
  Bytes file = ReadFormat("palette.bmp");
  const std::uint32_t pixels_at = file[10] | static_cast<std::uint32_t>(file[11]) << 8;
  PutLittleEndian(file, 46, 2);  // colours in use
  std::fill(file.begin() + pixels_at, file.end(), std::uint8_t{0x77});
  EXPECT_EQ(Pixels(DecodeImage(file, "x")), std::vector<int>(11 * 6 * 3, 0));
}

TEST(DecodeImage, RefusesABmpMaskWithoutBits) {
  Bytes file = ReadFormat("rgb_fields.bmp");
  PutLittleEndian(file, 54, 0);
  EXPECT_ERROR(DecodeImage(file, "x"), ErrorCode::kImage, "bit fields");
}

// The file up to its first scan, that scan `num_scans` times over, the end marker.
Bytes RepeatFirstScan(const Bytes& file, int num_scans) {
  const Bytes start_of_scan{0xFF, 0xDA};
  const auto begin = std::search(file.begin(), file.end(), start_of_scan.begin(), start_of_scan.end());
  auto end = begin + 2;
  while (!(end[0] == 0xFF && end[1] != 0)) ++end;
  Bytes scan(begin, end);
  // Its header ends in the bit range of the coefficients: all bits, so that it may come again.
  scan.at(static_cast<std::size_t>(1) + scan.at(3)) = 0;
  Bytes repeated(file.begin(), begin);
  for (int i = 0; i < num_scans; ++i) repeated.insert(repeated.end(), scan.begin(), scan.end());
  repeated.insert(repeated.end(), {0xFF, 0xD9});
  return repeated;
}

TEST(DecodeImage, RefusesAJpegOfEndlessScans) {
  const Bytes file = ReadFormat("progressive.jpg");
  EXPECT_EQ(DecodeImage(RepeatFirstScan(file, 100), "x").size, (Size{37, 21}));
  EXPECT_ERROR(DecodeImage(RepeatFirstScan(file, 101), "x"), ErrorCode::kImage, "more than 100 scans");
}

TEST(DecodeImage, PrintsNothing) {
  const auto decode = [](const Bytes& file) {
    try {
      DecodeImage(file, "x");
    } catch (const Error&) {  // of most of these
    }
  };
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const std::string& name : ReadableFormats()) {
    const Bytes file = ReadFormat(name);
    DecodeImage(file, name);
    decode(Bytes(file.begin(), file.begin() + file.size() * 3 / 4));
  }
  for (const nlohmann::json& refused : DescribedFormats("refused")) {
    decode(ReadFormat(refused.at("file")));
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ReadImage, DecidesByContentAndNotByName) {
  const TemporaryFolder folder;
  const Image image = ReadImage(folder.Write("really_a_png.jpg", ReadFormat("rgb.png")));
  EXPECT_EQ(image.rgb8, DecodeImage(ReadFormat("rgb.png"), "").rgb8);
}

TEST(ReadImage, NamesAFileThatCannotBeOpened) {
  const TemporaryFolder folder;
  EXPECT_ERROR(ReadImage(folder.path() / "gone.png"), ErrorCode::kIo, "gone.png");
  EXPECT_ERROR(ReadImage(folder.path()), ErrorCode::kIo, "not a regular file");
}

TEST(ImageLibraryVersions, NamesEveryDecoder) {
  const std::string versions = ImageLibraryVersions();
  for (const char* library : {"libjpeg", "libpng 1.", "libtiff 4.", "libwebp 1.", "OpenCV 4."}) {
    EXPECT_NE(versions.find(library), std::string::npos) << versions;
  }
}

}  // namespace
}  // namespace touchstone
