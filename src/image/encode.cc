#include "touchstone/image/encode.h"

#include <png.h>
#include <webp/encode.h>

#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "jpeg_library.h"

namespace touchstone {
namespace {

// Errors of both libraries come back by longjmp; the functions between Succeeds() and a library own nothing
// that would need a destructor. Encoding to memory can only fail for want of memory.
struct PngWriter {
  PngWriter();
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  png_structp png = nullptr;
  png_infop info = nullptr;
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int bits = 8;
  bool is_gray = false;
  int compression_level = 0;
  png_bytepp rows = nullptr;
  Bytes file;
};

void OnPngError(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void OnPngWarning(png_structp, png_const_charp) {}
void OnPngFlush(png_structp) {}

void OnPngWrite(png_structp png, png_bytep bytes, png_size_t num_bytes) {
  Bytes& file = static_cast<PngWriter*>(png_get_io_ptr(png))->file;
  try {
    file.insert(file.end(), bytes, bytes + num_bytes);
  } catch (const std::bad_alloc&) {  // no exception may cross libpng; Succeeds() reports it
    png_error(png, "out of memory");
  }
}

PngWriter::PngWriter() {
  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, &OnPngError, &OnPngWarning);
  if (png != nullptr) info = png_create_info_struct(png);
  if (info == nullptr) throw std::bad_alloc();
  png_set_write_fn(png, this, &OnPngWrite, &OnPngFlush);
}

bool IsLittleEndian() {
  const std::uint16_t one = 1;
  std::uint8_t first = 0;
  std::memcpy(&first, &one, 1);
  return first == 1;
}

void WritePng(PngWriter& writer) {
  png_set_compression_level(writer.png, writer.compression_level);
  // One filter for all rows: trying them all costs more time than it saves bytes.
  png_set_filter(writer.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_set_IHDR(writer.png, writer.info, writer.width, writer.height, writer.bits,
               writer.is_gray ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  if (writer.bits == 16 && IsLittleEndian()) png_set_swap(writer.png);
  png_write_image(writer.png, writer.rows);
  png_write_end(writer.png, writer.info);
}

bool Succeeds(PngWriter& writer) {
  if (setjmp(png_jmpbuf(writer.png)) != 0) return false;
  WritePng(writer);
  return true;
}

template <typename Value>
bool IsGray(const std::vector<Value>& rgb) {
  for (std::size_t i = 0; i < rgb.size(); i += 3) {
    if (rgb[i] != rgb[i + 1] || rgb[i] != rgb[i + 2]) return false;
  }
  return true;
}

template <typename Value>
Bytes EncodePngOf(const std::vector<Value>& rgb, Size size, int compression_level) {
  PngWriter writer;
  writer.width = static_cast<png_uint_32>(size.width);
  writer.height = static_cast<png_uint_32>(size.height);
  writer.bits = 8 * static_cast<int>(sizeof(Value));
  writer.is_gray = IsGray(rgb);
  writer.compression_level = compression_level;
  std::vector<Value> samples(writer.is_gray ? rgb.size() / 3 : 0);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = rgb[i * 3];
  const std::vector<Value>& source = writer.is_gray ? samples : rgb;

  const std::size_t row_values = static_cast<std::size_t>(size.width) * (writer.is_gray ? 1 : 3);
  std::vector<png_bytep> rows(size.height);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    rows[y] = reinterpret_cast<png_bytep>(const_cast<Value*>(source.data() + y * row_values));  // only read
  }
  writer.rows = rows.data();
  if (!Succeeds(writer)) throw std::bad_alloc();
  return std::move(writer.file);
}

struct JpegWriter {
  JpegWriter();
  ~JpegWriter() {
    jpeg_destroy_compress(&jpeg);
    std::free(bytes);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  jpeg_error_mgr errors{};
  std::jmp_buf jump{};
  jpeg_compress_struct jpeg{};
  unsigned char* bytes = nullptr;
  unsigned long num_bytes = 0;
  const Image* image = nullptr;
  int quality = 0;
};

void OnJpegError(j_common_ptr jpeg) { std::longjmp(static_cast<JpegWriter*>(jpeg->client_data)->jump, 1); }
void OnJpegMessage(j_common_ptr, int) {}

JpegWriter::JpegWriter() {
  jpeg.err = jpeg_std_error(&errors);
  jpeg.client_data = this;
  errors.error_exit = &OnJpegError;
  errors.emit_message = &OnJpegMessage;
}

void WriteJpeg(JpegWriter& writer) {
  jpeg_compress_struct& jpeg = writer.jpeg;
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &writer.bytes, &writer.num_bytes);
  jpeg.image_width = static_cast<JDIMENSION>(writer.image->size.width);
  jpeg.image_height = static_cast<JDIMENSION>(writer.image->size.height);
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, writer.quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  const std::size_t row_bytes = static_cast<std::size_t>(writer.image->size.width) * 3;
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row =
        const_cast<JSAMPROW>(writer.image->rgb8.data() + jpeg.next_scanline * row_bytes);  // only read
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
}

bool Succeeds(JpegWriter& writer) {
  if (setjmp(writer.jump) != 0) return false;
  WriteJpeg(writer);
  return true;
}

constexpr int kWebpEffort = 1;  // of 0 to 6: higher ones save a fifth of the bytes for three times the time

struct WebPWriter {
  WebPWriter();
  ~WebPWriter() {
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&memory);
  }
  WebPWriter(const WebPWriter&) = delete;
  WebPWriter& operator=(const WebPWriter&) = delete;

  WebPConfig config{};
  WebPPicture picture{};
  WebPMemoryWriter memory{};
};

WebPWriter::WebPWriter() {
  if (WebPConfigInit(&config) == 0 || WebPPictureInit(&picture) == 0) {
    throw std::logic_error("libwebp differs from its headers");
  }
  WebPMemoryWriterInit(&memory);
  picture.writer = &WebPMemoryWrite;
  picture.custom_ptr = &memory;
}

}  // namespace

Bytes EncodePng(const Image& image, int compression_level) {
  if (compression_level < 0 || compression_level > 9) throw std::logic_error("EncodePng: compression level");
  return image.bits_per_channel > 8 ? EncodePngOf(image.rgb16, image.size, compression_level)
                                    : EncodePngOf(image.rgb8, image.size, compression_level);
}

Bytes EncodeJpeg(const Image& image, int quality) {
  const bool fits = image.size.width >= 1 && image.size.width <= 65535 && image.size.height >= 1 &&
                    image.size.height <= 65535 && quality >= 1 && quality <= 100;
  if (image.bits_per_channel > 8 || !fits) throw std::logic_error("EncodeJpeg: depth, size or quality");
  JpegWriter writer;
  writer.image = &image;
  writer.quality = quality;
  if (!Succeeds(writer)) throw std::bad_alloc();
  return Bytes(writer.bytes, writer.bytes + writer.num_bytes);
}

Bytes EncodeWebp(const Image& image, int quality) {
  const auto fits = [](int side) { return side >= 1 && side <= WEBP_MAX_DIMENSION; };
  if (image.bits_per_channel > 8 || !fits(image.size.width) || !fits(image.size.height) || quality < 0 ||
      quality > 100) {
    throw std::logic_error("EncodeWebp: depth, size or quality");
  }
  WebPWriter writer;
  writer.config.quality = static_cast<float>(quality);
  writer.config.method = kWebpEffort;
  writer.picture.width = image.size.width;
  writer.picture.height = image.size.height;
  if (WebPPictureImportRGB(&writer.picture, image.rgb8.data(), image.size.width * 3) == 0 ||
      WebPEncode(&writer.config, &writer.picture) == 0) {
    throw std::bad_alloc();
  }
  return Bytes(writer.memory.mem, writer.memory.mem + writer.memory.size);
}

}  // namespace touchstone
