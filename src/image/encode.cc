#include "touchstone/image/encode.h"

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

// Errors of libjpeg come back by longjmp; the functions between Succeeds() and the library own nothing that
// would need a destructor. Encoding to memory can only fail for want of memory.
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
