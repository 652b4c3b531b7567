#include <png.h>

#include <csetjmp>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decode.h"
#include "decode_plain_png.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

// Everything libpng's callbacks touch. Its errors come back by longjmp, so that the functions
// between Succeeds() and libpng own nothing that would need a destructor.
struct PngReader {
  explicit PngReader(const Bytes& file_bytes);
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  const Bytes& file;
  std::size_t position = 0;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::size_t stored_bytes = 0;  // of all rows before any conversion
  png_bytepp rows = nullptr;
  char message[160] = "libpng gives no reason";
};

void OnError(png_structp png, png_const_charp text) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(reader->message, text, sizeof(reader->message) - 1);
  png_longjmp(png, 1);
}

void OnWarning(png_structp, png_const_charp) {}  // about metadata: damage to pixels is an error

void OnRead(png_structp png, png_bytep target, png_size_t num_bytes) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (num_bytes > reader->file.size() - reader->position) png_error(png, "unexpected end of file");
  std::memcpy(target, reader->file.data() + reader->position, num_bytes);
  reader->position += num_bytes;
}

PngReader::PngReader(const Bytes& file_bytes) : file(file_bytes) {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &OnError, &OnWarning);
  if (png != nullptr) info = png_create_info_struct(png);
  if (info == nullptr) throw std::bad_alloc();
  png_set_read_fn(png, this, &OnRead);
}

using Step = void (*)(PngReader&);

bool Succeeds(PngReader& reader, Step step) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  step(reader);
  return true;
}

bool IsLittleEndian() {
  const std::uint16_t one = 1;
  std::uint8_t first = 0;
  std::memcpy(&first, &one, 1);
  return first == 1;
}

void ReadHeader(PngReader& reader) {
  // CheckedSize judges the size, with our own message.
  png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(reader.png, reader.info);
  reader.stored_bytes =
      png_get_rowbytes(reader.png, reader.info) * png_get_image_height(reader.png, reader.info);
}

// Whatever is stored becomes RGB of 8 or 16 bits in the machine's byte order.
void AskForRgb(PngReader& reader) {
  png_set_expand(reader.png);
  png_set_strip_alpha(reader.png);
  png_set_gray_to_rgb(reader.png);
  if (IsLittleEndian()) png_set_swap(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
}

void ReadPixels(PngReader& reader) {
  png_read_image(reader.png, reader.rows);
  png_read_end(reader.png, reader.info);  // an Exif chunk may come after the pixels
}

void Require(bool succeeded, const PngReader& reader, const fs::path& name) {
  if (!succeeded) ThrowDamaged(std::string("libpng: ") + reader.message, name);
}

bool AsksToTurn(const PngReader& reader) {
  png_uint_32 num_bytes = 0;
  png_bytep exif = nullptr;
  return png_get_eXIf_1(reader.png, reader.info, &num_bytes, &exif) != 0 && ExifAsksToTurn(exif, num_bytes);
}

std::vector<png_bytep> RowPointers(Image& image) {
  const std::size_t row_values = static_cast<std::size_t>(image.size.width) * 3;
  std::vector<png_bytep> rows(image.size.height);
  for (std::size_t y = 0; y < rows.size(); ++y) {
    rows[y] = image.bits_per_channel == 8 ? image.rgb8.data() + y * row_values
                                          : reinterpret_cast<png_bytep>(image.rgb16.data() + y * row_values);
  }
  return rows;
}

}  // namespace

Image DecodePng(const Bytes& file, const fs::path& name) {
  std::optional<Image> plain = DecodePlainPng(file, name);
  return plain ? std::move(*plain) : DecodePngByLibpng(file, name);
}

Image DecodePngByLibpng(const Bytes& file, const fs::path& name) {
  PngReader reader(file);
  Require(Succeeds(reader, &ReadHeader), reader, name);
  const Size size = CheckedSize(png_get_image_width(reader.png, reader.info),
                                png_get_image_height(reader.png, reader.info), name);
  // Deflate never packs more than 1032 to 1: a header that claims more is not worth its memory.
  if (reader.stored_bytes / 1032 > file.size()) ThrowDamaged("fewer bytes than the image needs", name);
  Require(Succeeds(reader, &AskForRgb), reader, name);

  Image image = MakeImage(size, png_get_bit_depth(reader.png, reader.info) == 16 ? 16 : 8);
  std::vector<png_bytep> rows = RowPointers(image);
  reader.rows = rows.data();
  Require(Succeeds(reader, &ReadPixels), reader, name);
  image.has_exif_orientation = AsksToTurn(reader);
  return image;
}

}  // namespace touchstone
